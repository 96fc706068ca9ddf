package catalogue_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	edits "github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// mending are the checks whose fix is a whole trust policy.
var mending = []string{"RW102", "RW103", "RW104", "RW105", "RW106", "RW107", "RW108", "RW109", "RW116", "RW401", "RW403", "RW406"}

// TestFixesMend puts each fix's trust policy in the place of the faulty one: the check is silent then, there is no fault
// of grammar that was not there before, and what is not to blame is there byte for byte.
func TestFixesMend(t *testing.T) {
	tried := map[string]int{}
	for _, s := range scenarios(t) {
		if s.kind != "bad" || !slices.Contains(mending, s.id) {
			continue
		}
		subject := s.content.subject(t)
		for _, d := range check.Run(catalogue.Checks(), subject).Diagnostics {
			if d.Check.ID != s.id || d.Fix.Document == "" {
				continue
			}
			tried[s.id]++
			t.Run(s.name(), func(t *testing.T) {
				old := subject.Role.Trust.Or(role.Policy{})
				mended := s.content.subject(t)
				trust := role.NewPolicy("trust", d.Fix.Document, policy.Trust)
				mended.Role.Trust = role.Have(trust)
				if trust.Document == nil {
					t.Fatalf("the fix is no policy: %v", trust.Fault)
				}
				if again := check.Run(catalogue.Checks(), mended); speaks(again, d.Check.ID, d.Key) {
					t.Errorf("%s still speaks after its fix:\n%s\n%s", d.Check.ID, d.Fix.Document, render(again))
				}
				letsIn(t, mended, d)
				if strings.HasPrefix(d.Check.ID, "RW4") && edits.NamesDead(trust.Document) != nil {
					t.Errorf("IAM would refuse the fix for who was deleted: %s", d.Fix.Document)
				}
				keepsGrammar(t, old.Document, trust.Document)
				keepsOthers(t, old.Document, d)
			})
		}
	}
	for _, id := range mending {
		if tried[id] == 0 && id != "RW109" { // What hangs on an unknown key has no document: only the owner knows what was meant.
			t.Errorf("no fix of %s was tried", id)
		}
	}
	t.Logf("tried fixes: %v", tried)
}

// letsIn asks the engine, apart from any check, whether the service that the fix is for can assume the role now.
func letsIn(t *testing.T, s *check.Subject, d check.Diagnostic) {
	t.Helper()
	service := aws.LambdaService
	switch d.Check.ID {
	case "RW116":
		service = "edgelambda.amazonaws.com"
	case "RW401":
		return // Lambda need not have been let in before.
	}
	functions := d.Functions
	if len(functions) == 0 {
		functions = []role.Function{{}}
	}
	trust := s.Role.Trust.Or(role.Policy{}).AsPart()
	for _, f := range functions {
		v := policy.Evaluate(policy.AssumedByService(service, s.Role.ARN(), s.Role.KnownTags(), f.ARN, s.Now), policy.Set{Resource: &trust})
		if v.Decision != policy.Allowed {
			t.Errorf("after the fix of %s, %s is not let in for %q: %+v\n%s", d.Check.ID, service, f.ARN, v, d.Fix.Document)
		}
	}
}

func speaks(r check.Result, id, key string) bool {
	return slices.ContainsFunc(r.Diagnostics, func(d check.Diagnostic) bool { return d.Check.ID == id && d.Key == key })
}

func keepsGrammar(t *testing.T, old, mended *policy.Document) {
	t.Helper()
	var before []string
	if old != nil {
		for _, v := range old.Violations {
			before = append(before, v.Message)
		}
	}
	for _, v := range mended.Violations {
		if !slices.Contains(before, v.Message) {
			t.Errorf("the fix has a fault that was not there: %v", v)
		}
	}
}

func keepsOthers(t *testing.T, old *policy.Document, d check.Diagnostic) {
	t.Helper()
	if old == nil || strings.Contains(d.Fix.Summary, " In addition, ") {
		return // The fix mends what hides behind the cause too.
	}
	for i, s := range old.Statements {
		if slices.ContainsFunc(s.Principals, edits.Dead) {
			continue // IAM takes no policy that names one.
		}
		blamed := slices.ContainsFunc(d.Evidence, func(e check.Evidence) bool { return e.Statement == i })
		// What RW102 blames lets others in, and has to go on doing so.
		if (!blamed || d.Check.ID == "RW102") && !strings.Contains(d.Fix.Document, old.Text(s.Span)) {
			t.Errorf("statement %d is not to blame, and is not there any more: %s", i, old.Text(s.Span))
		}
	}
}

// TestFixesLeaveOthersOut asks each fix of a trust policy for a stranger: who could not assume the role before cannot now.
func TestFixesLeaveOthersOut(t *testing.T) {
	asked := 0
	strangers := []string{"arn:aws:iam::444455556666:root", "arn:aws:iam::999999999999:user/eve", "ec2.amazonaws.com", "arn:aws:iam::111122223333:user/ann"}
	for _, s := range scenarios(t) {
		subject := s.content.subject(t)
		old := subject.Role.Trust.Or(role.Policy{}).AsPart()
		if old.Document == nil || s.content.unknown["trust"] != "" {
			continue
		}
		for _, d := range check.Run(catalogue.Checks(), subject).Diagnostics {
			if !slices.Contains(mending, d.Check.ID) || d.Fix.Document == "" {
				continue
			}
			now := role.NewPolicy("trust", d.Fix.Document, policy.Trust).AsPart()
			for _, who := range strangers {
				asked++
				if assumes(who, now, subject) && !assumes(who, old, subject) {
					t.Errorf("%s: the fix of %s lets %s in:\n%s", s.file, d.Check.ID, who, d.Fix.Document)
				}
			}
		}
	}
	if asked == 0 {
		t.Fatal("nothing was asked")
	}
	t.Logf("asked %d times", asked)
}

func assumes(who string, trust policy.Part, s *check.Subject) bool {
	v := policy.Evaluate(policy.Request{Principal: who, Action: "sts:AssumeRole", Resource: s.Role.ARN()}, policy.Set{
		Resource: &trust, Identity: []policy.Part{{Name: "all", Document: everything()}},
	})
	return v.Decision == policy.Allowed
}

// everything is what a stranger's own account may allow.
func everything() *policy.Document {
	doc, err := policy.Parse([]byte(`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}`), policy.Identity)
	if err != nil {
		panic(err)
	}
	return doc
}
