package policy

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/policy/rules"
)

// TestCitations holds that each rule is cited in full once, whichever violation breaks it first.
func TestCitations(t *testing.T) {
	effect, _ := rules.Find(4)
	sid, _ := rules.Find(5)
	got := Citations([]Violation{{Rule: 4}, {}, {Rule: 5}, {Rule: 4}, {Rule: 999}})
	want := []string{" (" + effect.Citation() + ")", "", " (" + sid.Citation() + ")", " (rule 4)", " (rule 999)"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestErrorsCiteTheRule holds that a reader of an error needs no list of rules: the sentence and the page are in it.
func TestErrorsCiteTheRule(t *testing.T) {
	_, err := Parse([]byte(`{"Version":"2012-10-17","Statement":[
  {"Effect":"allow","Action":"s3:*","Resource":"*"},
  {"Effect":"deny","Action":"s3:*","Resource":"*"}]}`), Identity)
	if err == nil {
		t.Fatal("no error")
	}
	effect, _ := rules.Find(4)
	if text := err.Error(); strings.Count(text, effect.Sentence+" See "+effect.URLs[0]) != 1 || strings.Count(text, "(rule 4)") != 1 {
		t.Errorf("the error is %q", text)
	}
	v := Violation{Line: 3, Column: 7, Rule: 4, Message: "wrong"}
	if want := "line 3, column 7: wrong (" + effect.Citation() + ")"; v.Error() != want {
		t.Errorf("got %q, want %q", v.Error(), want)
	}
}

// TestUnmatchableCitesTheRule holds which rules say why no request can match, and that the messages leave citing to Citations.
func TestUnmatchableCitesTheRule(t *testing.T) {
	for text, rule := range map[string]int{
		`{"Effect":"Allow","NotPrincipal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}`:                                                       45,
		`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:${aws:username}::bucket"}`:                                            19,
		`{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"arn:aws:s3:::b/${aws:username}","Condition":{"IpAddress":{"aws:SourceIp":"x"}}}`: 0,
	} {
		list := parseFor(t, text, Resource).Unmatchable()
		if len(list) != 1 || list[0].Rule != rule || strings.Contains(list[0].Message, "rule") {
			t.Errorf("%s: %s, want one violation of rule %d", text, fmt.Sprint(list), rule)
		}
	}
}
