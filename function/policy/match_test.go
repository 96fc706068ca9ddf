package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/rolewatch/rolewatch/function/aws"
)

// naive matches as the rules say it, without care for time.
func naive(glob, s string) bool { return naively(glob, s, map[[2]int]bool{}) }

// naively asks once for each rest of the pattern and of the text, by their lengths: wildcards in a row would take time without end.
func naively(glob, s string, known map[[2]int]bool) (matches bool) {
	key := [2]int{len(glob), len(s)}
	if answer, ok := known[key]; ok {
		return answer
	}
	defer func() { known[key] = matches }()
	if glob == "" {
		return s == ""
	}
	switch glob[0] {
	case markRun:
		return naively(glob[1:], s, known) || s != "" && naively(glob, s[1:], known)
	case markRunInSegment:
		return naively(glob[1:], s, known) || s != "" && s[0] != ':' && naively(glob, s[1:], known)
	case markOne:
		return s != "" && naively(glob[1:], s[1:], known)
	case markOneInSegment:
		return s != "" && s[0] != ':' && naively(glob[1:], s[1:], known)
	}
	return s != "" && s[0] == glob[0] && naively(glob[1:], s[1:], known)
}

func TestMatchersAgreeWithNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		glob := markWildcards(rapid.StringMatching(`[ab:*?]{0,10}`).Draw(t, "pattern"))
		s := rapid.StringMatching(`[ab:]{0,12}`).Draw(t, "text")
		want := naive(glob, s)
		if got := matchGlob(glob, s); got != want {
			t.Errorf("matchGlob(%q, %q) is %t", glob, s, got)
		}
		if got := matchFolded(glob, strings.ToUpper(s)); got != want {
			t.Errorf("matchFolded(%q, %q) is %t", glob, s, got)
		}
		if got := matchSegments(glob, s); got != want {
			t.Errorf("matchSegments(%q, %q) is %t", glob, s, got)
		}
		mixed := inSegmentMarks(rapid.StringMatching(`[ab:*?]{0,5}`).Draw(t, "head")) + glob
		if got := matchSegments(mixed, s); got != naive(mixed, s) {
			t.Errorf("matchSegments(%q, %q) is %t", mixed, s, got)
		}
	})
}

func TestExtensionsAgreeWithNaive(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		glob := markWildcards(rapid.StringMatching(`[ab*?]{0,6}`).Draw(t, "pattern"))
		prefix := rapid.StringMatching(`[ab]{0,4}`).Draw(t, "prefix")
		some := false
		for _, more := range rapid.SliceOfNDistinct(rapid.StringMatching(`[ab]{1,6}`), 1, 20, rapid.ID).Draw(t, "more") {
			if naive(glob, prefix+more) {
				some = true
			} else if coversExtensions(glob, prefix) {
				t.Errorf("%q does not cover %q", glob, prefix+more)
			}
		}
		if some && !canExtend(glob, prefix, isQualifierByte) {
			t.Errorf("%q can extend %q", glob, prefix)
		}
	})
}

// TestMatchGlobEnds would not end with a matcher that tries every way to share the text among the asterisks.
func TestMatchGlobEnds(t *testing.T) {
	glob := markWildcards(strings.Repeat("*a?", 200) + "b")
	text := strings.Repeat("a", 20_000)
	for _, match := range []func(string, string) bool{matchGlob, matchFolded} {
		if match(glob, text) {
			t.Error("the text has no b")
		}
	}
}

// TestMatchExplains shows an explanation that names every element, also behind one that does not match.
func TestMatchExplains(t *testing.T) {
	d := parseFor(t, `{"Effect":"Allow","Principal":{"Service":"lambda.amazonaws.com"},"Action":"sts:TagSession",
		"Condition":{"StringEquals":{"sts:ExternalId":"x","aws:SourceAccount":"111111111111","aws:RequestedRegion":"us-east-1"}}}`, Trust)
	got := d.Match(0, AssumedByService(aws.LambdaService, testRole, nil, testFunction, testNow))
	want := StatementMatch{
		Statement: &d.Statements[0],
		Principal: True, Action: False, Resource: True, Applies: False,
		Conditions: []ConditionMatch{
			{Truth: False, Presence: KeyAbsent},
			{Truth: True, Presence: KeyOneOf},
			{Truth: Undecided, Presence: KeyUnknown},
		},
	}
	for i := range got.Conditions {
		key := got.Conditions[i].Condition.Key
		want.Conditions[i].Condition = got.Conditions[i].Condition
		switch key {
		case "sts:ExternalId":
			want.Conditions[i].Truth, want.Conditions[i].Presence = False, KeyAbsent
		case "aws:SourceAccount":
			want.Conditions[i].Truth, want.Conditions[i].Presence = True, KeyOneOf
		case "aws:RequestedRegion":
			want.Conditions[i].Truth, want.Conditions[i].Presence = Undecided, KeyUnknown
		}
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Statement{})); diff != "" {
		t.Errorf("explanation (-want +got):\n%s", diff)
	}
	for _, i := range []int{-1, 1} {
		if m := d.Match(i, Request{}); m.Statement != nil {
			t.Errorf("statement %d is not there", i)
		}
	}
}

// TestMatchAgreesWithoutParse holds that a Document made by hand is judged like a parsed one.
func TestMatchAgreesWithoutParse(t *testing.T) {
	d := parseFor(t, lambdaTrust(`{"StringEquals":{"aws:SourceAccount":"111111111111"}}`), Trust)
	bare := &Document{Kind: d.Kind, Version: d.Version, Statements: slices.Clone(d.Statements)}
	if v := LambdaCanAssume(Part{Name: "trust", Document: bare}, nil, testRole, nil, testFunction, testNow); v.Decision != Allowed {
		t.Errorf("%s: %s", decisions[v.Decision], reasons(v))
	}
}
