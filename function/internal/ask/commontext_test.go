package ask_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/internal/ask"
)

// TestCommonAgreesWithTrying holds what patterns have in common against all short texts.
func TestCommonAgreesWithTrying(t *testing.T) {
	var texts []string
	for _, last := 0, []string{""}; len(last[0]) < 6; {
		var next []string
		for _, text := range last {
			next = append(next, text+"a", text+"b")
		}
		texts, last = append(texts, next...), next
	}
	glob := rapid.StringMatching(`[ab?*]{1,4}`)
	some := 0
	rapid.Check(t, func(t *rapid.T) {
		s := sessionOf(nil, everything)
		patterns := rapid.SliceOfN(glob, 2, 3).Draw(t, "patterns")
		name := rapid.SampledFrom([]string{"", "name"}).Draw(t, "name")
		covers := func(text string) bool {
			for _, p := range patterns {
				if !ask.Matches(p, text) {
					return false
				}
			}
			return true
		}
		got, ok := s.Common(patterns, name)
		if ok && !covers(got) {
			t.Fatalf("%q of %q is not covered by all", got, patterns)
		}
		for _, text := range texts {
			if covers(text) && !ok {
				t.Fatalf("%q have %q in common", patterns, text)
			}
			// The patterns are too short to cover a name by anything but asterisks.
			at := strings.Index(text, "ab")
			if at >= 0 && covers(text[:at]+"?"+name+"?"+text[at+2:]) && !strings.Contains(got, name) {
				t.Fatalf("%q of %q is without the name", got, patterns)
			}
		}
		if ok {
			some++
		}
	})
	if some == 0 {
		t.Fatal("no patterns had anything in common")
	}
}

// TestOverlaps asks for resources that the patterns of several policies and actions cover together.
func TestOverlaps(t *testing.T) {
	const roles = "arn:aws:iam::" + account + ":role/"
	on := func(effect, action, element string, names ...string) string {
		return `{"Effect":"` + effect + `","Action":"` + action + `","` + element + `":["` + roles + strings.Join(names, `","`+roles) + `"]}`
	}
	for name, c := range map[string]struct {
		statements []string
		want       string
	}{
		"two actions":           {[]string{on("Allow", "iam:CreateRole", "Resource", "a-*"), on("Allow", "iam:PutRolePolicy", "Resource", "*-z")}, "a-*-z"},
		"one pattern of each":   {[]string{on("Allow", "iam:CreateRole", "Resource", "x-*", "a-*"), on("Allow", "iam:PutRolePolicy", "Resource", "y-*", "*-z")}, "a-*-z x-*-z"},
		"the same pattern":      {[]string{on("Allow", "iam:*", "Resource", "a-*")}, ""},
		"apart":                 {[]string{on("Allow", "iam:CreateRole", "Resource", "a-*"), on("Allow", "iam:PutRolePolicy", "Resource", "b-*")}, ""},
		"what is not denied":    {[]string{on("Allow", "iam:*", "Resource", "a-*"), on("Deny", "iam:*", "NotResource", "*-z")}, "a-*-z"},
		"a variable":            {[]string{on("Allow", "iam:CreateRole", "Resource", "${aws:PrincipalTag/team}-*"), on("Allow", "iam:PutRolePolicy", "Resource", "*-z")}, "pay-*-z"},
		"spelled out":           {[]string{on("Allow", "iam:CreateRole", "Resource", "a-z"), on("Allow", "iam:PutRolePolicy", "Resource", "*-z")}, ""},
		"everything of another": {[]string{on("Allow", "iam:CreateRole", "Resource", "a-*"), `{"Effect":"Allow","Action":"iam:PutRolePolicy","Resource":"*"}`}, ""},
	} {
		var got []string
		for _, r := range sessionOf(map[string]string{"team": "pay"}, c.statements...).Overlaps("us-east-1", "iam:CreateRole", "iam:PutRolePolicy") {
			got = append(got, strings.TrimPrefix(r.Pattern, roles))
		}
		if text := strings.Join(got, " "); text != c.want {
			t.Errorf("%s: %q, want %q", name, text, c.want)
		}
	}
}
