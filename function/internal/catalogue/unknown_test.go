package catalogue_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// TestWhatIsUnknownSaysWhatSettlesIt goes through everything that any case leaves undecided: it has a sentence on what settles it,
// and names the function and the statement that it is about, as far as it is about one.
func TestWhatIsUnknownSaysWhatSettlesIt(t *testing.T) {
	gaps, functions, statements := 0, 0, 0
	sentences := map[string]bool{}
	for _, s := range scenarios(t) {
		subject := s.content.subject(t)
		for _, u := range check.Run(catalogue.Checks(), subject).Undecided {
			for _, gap := range u.Missing {
				gaps++
				functions += min(len(gap.Functions), 1)
				statements += min(len(gap.Statements), 1)
				sentences[gap.SettledBy] = true
				verifyGap(t, s, subject, u, gap)
			}
		}
	}
	if gaps == 0 || functions == 0 || statements == 0 {
		t.Fatalf("found %d unknowns, %d of a function and %d of a statement", gaps, functions, statements)
	}
	t.Logf("found %d unknowns, %d of a function and %d of a statement, settled in %d ways", gaps, functions, statements, len(sentences))
}

func verifyGap(t *testing.T, s scenario, subject *check.Subject, u check.Undecided, gap role.Gap) {
	t.Helper()
	if gap.What == "" || !strings.HasSuffix(gap.SettledBy, ".") {
		t.Errorf("%s: %s does not say what settles %q: %q", s.name(), u.Check.ID, gap.What, gap.SettledBy)
	}
	if _, err := aws.ParseFunctionARN(u.Key); err == nil && len(gap.Functions) == 0 {
		t.Errorf("%s: %s does not name the function of %q", s.name(), u.Check.ID, gap.What)
	}
	if isAboutText(gap.What) && len(gap.Statements) == 0 {
		t.Errorf("%s: %s does not name the statement, or the policy, of %q", s.name(), u.Check.ID, gap.What)
	}
	for _, function := range gap.Functions {
		if !slices.ContainsFunc(subject.Role.Users.List, func(f role.Function) bool { return f.QualifiedARN() == function || f.ARN == function }) {
			t.Errorf("%s: %s names %s, which does not use the role", s.name(), u.Check.ID, function)
		}
	}
	for _, one := range gap.Statements {
		if _, err := role.ParsePart(one.Policy); err != nil {
			t.Errorf("%s: %s names a statement of what is not a policy: %v", s.name(), u.Check.ID, err)
		}
		if policies := policyTexts(subject, one.Policy); one.Statement >= 0 && !slices.ContainsFunc(policies, func(p role.Policy) bool {
			return p.Document != nil && one.Statement < len(p.Document.Statements) && p.Document.Statements[one.Statement].Sid == one.Sid
		}) && len(policies) > 0 {
			t.Errorf("%s: %s names statement %d of %s, which is not there", s.name(), u.Check.ID, one.Statement, one.Policy)
		}
	}
}

// isAboutText reports whether an unknown is about what a policy says: a condition key that it compares, how AWS evaluates it, or that
// its text was not read.
func isAboutText(what string) bool {
	for _, phrase := range []string{"the value of ", "how AWS evaluates", "denies strangers", "to strangers"} {
		if strings.Contains(what, phrase) {
			return true
		}
	}
	name, _, _ := strings.Cut(what, ": ")
	part := role.Part(name)
	return part.Kind() == role.Inline || part.Kind() == role.Managed && strings.Contains(name, ":policy/") || name == "trust policy" || name == "permissions boundary"
}

// policyTexts are the role's policies of a name.
func policyTexts(s *check.Subject, part string) (out []role.Policy) {
	all := slices.Concat(s.Role.Inline.Or(nil), s.Role.Attached.Or(nil), s.Role.Seen)
	for _, one := range []role.Maybe[role.Policy]{s.Role.Trust, s.Role.Boundary} {
		if p, ok := one.Get(); ok {
			all = append(all, p)
		}
	}
	return slices.DeleteFunc(all, func(p role.Policy) bool { return p.Part.String() != part })
}
