package finding_test

import (
	"testing"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
)

// leading is a path that begins with a statement, by its hash; the statement allows some first steps, of which the path takes the first.
func leading(statement, end, policy string, steps ...string) check.Diagnostic {
	return check.Diagnostic{
		Check: danger, Key: statement, Severity: check.High, Title: statement, Evidence: []check.Evidence{{Policy: policy, Text: statement}},
		Path: &check.Path{First: steps[0], End: end, Begins: func(first string) bool {
			for _, step := range steps {
				if step == first {
					return true
				}
			}
			return false
		}},
	}
}

func TestAPathContinuesAfterAnEditOfItsFirstStatement(t *testing.T) {
	for name, test := range map[string]struct {
		before, after check.Diagnostic
		want          []string
	}{
		"the statement allows the step that was taken": {
			leading("one", "admin", "inline:p", "deploy"), leading("two", "root", "inline:p", "hook", "deploy"), []string{"changed RW304 2"},
		},
		"the step is the same, in another policy": {
			leading("one", "admin", "inline:p", "deploy"), leading("two", "root", "inline:q", "deploy"), []string{"changed RW304 2"},
		},
		"the end is the same, in the same policy": {
			leading("one", "admin", "inline:p", "deploy"), leading("two", "admin", "inline:p", "hook"), []string{"changed RW304 2"},
		},
		"the end is the same, in another policy": {
			leading("one", "admin", "inline:p", "deploy"), leading("two", "admin", "inline:q", "hook"), []string{"opened RW304 1", "resolved RW304 2 mended"},
		},
		"neither the step nor the end is the same": {
			leading("one", "admin", "inline:p", "deploy"), leading("two", "root", "inline:p", "hook"), []string{"opened RW304 1", "resolved RW304 2 mended"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLife(t)
			l.look([]check.Diagnostic{test.before}, nil, "opened RW304 1")
			before := l.prior[0]
			l.look([]check.Diagnostic{test.after}, nil, test.want...)
			if after := l.prior[0]; (after.ID == before.ID) != (len(test.want) == 1) || after.Key != test.after.Key {
				t.Errorf("stored %+v after %+v", after, before)
			}
			l.look([]check.Diagnostic{test.after}, nil)
		})
	}
}

// TestAnEditThatIsUndoneNextToItself has a statement edited, and then its former text next to it: two findings never share an ID.
func TestAnEditThatIsUndoneNextToItself(t *testing.T) {
	l := newLife(t)
	one, two := leading("one", "admin", "inline:p", "deploy"), leading("two", "admin", "inline:p", "deploy", "hook")
	l.look([]check.Diagnostic{one}, nil, "opened RW304 1")
	id := l.prior[0].ID
	l.look([]check.Diagnostic{two}, nil, "changed RW304 2")
	for _, order := range [][]check.Diagnostic{{one, two}, {two, one}} {
		kept := l.prior
		l.look(order, nil, "opened RW304 1")
		if len(l.prior) != 2 || l.prior[0].ID == l.prior[1].ID {
			t.Errorf("stored %+v, want two findings", l.prior)
		}
		l.look(order, nil)
		l.prior = kept
	}
	l.look([]check.Diagnostic{one}, nil, "changed RW304 3")
	if l.prior[0].ID != id {
		t.Errorf("stored %s, want %s", l.prior[0].ID, id)
	}
	l.look(nil, nil, "resolved RW304 4 mended")
}

// TestAPathThatSomebodyExceptsDoesNotContinue ends a finding for another reason than an edit.
func TestAPathThatSomebodyExceptsDoesNotContinue(t *testing.T) {
	l := newLife(t)
	l.look([]check.Diagnostic{leading("one", "admin", "inline:p", "deploy")}, nil, "opened RW304 1")
	l.ended = finding.Excepted
	l.look([]check.Diagnostic{leading("two", "admin", "inline:p", "deploy")}, nil, "opened RW304 1", "resolved RW304 2 excepted")
}

// placed is a diagnostic about a statement that its key names by its place.
func placed(key, statement string) check.Diagnostic {
	return check.Diagnostic{Check: danger, Key: key, ByPlace: true, Severity: check.High, Title: statement, Evidence: []check.Evidence{{Policy: "inline:p", Text: statement}}}
}

// A finding goes on with its statement, wherever that stands, and with its place where the statement was edited.
func TestAFindingGoesOnWithItsStatement(t *testing.T) {
	l := newLife(t)
	l.look([]check.Diagnostic{placed("#0", "a"), placed("#1", "b")}, nil, "opened RW304 1", "opened RW304 1")
	l.look([]check.Diagnostic{placed("#0", "b"), placed("#1", "a")}, nil)
	l.look([]check.Diagnostic{placed("#1", "b"), placed("#2", "a")}, nil)
	l.look([]check.Diagnostic{placed("#0", "new"), placed("#1", "b"), placed("#2", "a")}, nil, "opened RW304 1")
	l.look([]check.Diagnostic{placed("#0", "new"), placed("#1", "b, edited"), placed("#2", "a")}, nil, "changed RW304 2")
	l.look([]check.Diagnostic{placed("#0", "b, edited"), placed("#1", "a")}, nil, "resolved RW304 2 mended")
	ids := map[string]bool{}
	for _, s := range l.prior {
		ids[s.ID] = true
	}
	if len(ids) != 2 {
		t.Errorf("stored %+v", l.prior)
	}
}
