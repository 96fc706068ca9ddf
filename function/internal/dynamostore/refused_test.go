package dynamostore_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
)

func expectRefused(t *testing.T, s *dynamostore.Store, function string, want ...string) {
	t.Helper()
	got, err := s.Refused(ctx, functions+function)
	must(t, err)
	if !slices.Equal(got, want) {
		t.Errorf("the refused calls for %s are noted for %q, want %q", function, got, want)
	}
}

var _ = scenario("roles of refused calls are noted by function", func(t *testing.T, l *lab) {
	const orders, path = "arn:aws:iam::" + account + ":role/orders", "arn:aws:iam::" + account + ":role/service-role/a#b"
	s := l.store()
	expectRefused(t, s, "checkout")
	must(t, s.PutRefused(ctx, functions+"checkout", path))
	must(t, s.PutRefused(ctx, functions+"checkout", orders))
	must(t, s.PutRefused(ctx, functions+"checkout", orders))
	must(t, s.PutRefused(ctx, functions+"checkout-2", orders))
	expectRefused(t, l.store(), "checkout", orders, path)
	expectRefused(t, l.store(), "checkout-2", orders)
	must(t, s.DropRefused(ctx, functions+"checkout", orders))
	must(t, s.DropRefused(ctx, functions+"checkout", orders))
	must(t, s.DropRefused(ctx, functions+"never", orders))
	expectRefused(t, l.store(), "checkout", path)
	expectRefused(t, l.store(), "checkout-2", orders)
	must(t, s.DropRefused(ctx, functions+"checkout", path))
	must(t, s.DropRefused(ctx, functions+"checkout-2", orders))
	if left := l.keysInTable(t); len(left) != 0 {
		t.Errorf("left in the table: %q", left)
	}
})

var _ = scenario("notes of refused calls are not versions of the function", func(t *testing.T, l *lab) {
	s := l.store()
	must(t, s.PutRefused(ctx, functions+"checkout", "arn:aws:iam::"+account+":role/orders"))
	must(t, s.PutRefused(ctx, functions+"checkout", "not the ARN of a role"))
	versions, err := s.Versions(ctx, functions+"checkout")
	must(t, err)
	if len(versions) != 0 {
		t.Errorf("versions %+v", versions)
	}
	expectUsers(t, s, "orders", false)
	expectRefused(t, s, "checkout", "arn:aws:iam::"+account+":role/orders", "not the ARN of a role")
	must(t, s.PutVersions(ctx, account, functions+"checkout", nil))
	expectRefused(t, s, "checkout", "arn:aws:iam::"+account+":role/orders", "not the ARN of a role")
})

var _ = scenario("many roles of refused calls are all listed", func(t *testing.T, l *lab) {
	const many = 120
	s := l.store()
	var want []string
	for i := range many {
		arn := fmt.Sprintf("arn:aws:iam::%s:role/%0200d", account, i)
		want = append(want, arn)
		must(t, s.PutRefused(ctx, functions+"checkout", arn))
	}
	expectRefused(t, s, "checkout", want...)
})
