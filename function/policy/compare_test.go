package policy

import "context"

// tester is what a test, a benchmark and a drawn example have in common.
type tester interface {
	Helper()
	Fatal(args ...any)
}

// compare compares two sets and fails the test where that is an error.
func compare(t tester, old, new Set) Comparison {
	t.Helper()
	c, err := Compare(context.Background(), old, new)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func equivalent(t tester, a, b Set) Truth {
	t.Helper()
	truth, err := Equivalent(context.Background(), a, b)
	if err != nil {
		t.Fatal(err)
	}
	return truth
}

func covers(t tester, wide, narrow StatementRef) Truth {
	t.Helper()
	truth, err := Covers(context.Background(), wide, narrow)
	if err != nil {
		t.Fatal(err)
	}
	return truth
}
