package rules_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/rolewatch/rolewatch/function/policy/rules"
)

// least is how many rules there are at least: a rule is never taken back.
const least = 61

func TestEveryRuleIsWhole(t *testing.T) {
	list := rules.All()
	if len(list) < least {
		t.Fatalf("%d rules", len(list))
	}
	sentences := map[string]int{}
	for i, r := range list {
		if r.Number != i+1 {
			t.Fatalf("rule %d follows rule %d", r.Number, i)
		}
		if !slices.Contains(rules.Sections(), r.Section) {
			t.Errorf("rule %d: there is no section %q", r.Number, r.Section)
		}
		for _, text := range []string{r.Sentence, r.Undocumented} {
			if text != strings.TrimSpace(text) || text != "" && !strings.HasSuffix(text, ".") {
				t.Errorf("rule %d: %q is not a sentence", r.Number, text)
			}
		}
		if r.Sentence == "" {
			t.Errorf("rule %d has no sentence", r.Number)
		}
		if other, ok := sentences[r.Sentence]; ok {
			t.Errorf("rules %d and %d have one sentence", other, r.Number)
		}
		sentences[r.Sentence] = r.Number
		checkSource(t, r)
	}
}

func checkSource(t *testing.T, r rules.Rule) {
	t.Helper()
	if !slices.Contains([]rules.Source{rules.Documented, rules.PartlyDocumented, rules.Observed}, r.Source) {
		t.Errorf("rule %d: there is no source %q", r.Number, r.Source)
	}
	if (r.Source == rules.Observed) != (len(r.URLs) == 0) {
		t.Errorf("rule %d is %s and has %d pages", r.Number, r.Source, len(r.URLs))
	}
	if (r.Source == rules.PartlyDocumented) != (r.Undocumented != "") {
		t.Errorf("rule %d is %s, and undocumented is %q of it", r.Number, r.Source, r.Undocumented)
	}
	for _, page := range r.URLs {
		u, err := url.Parse(page)
		if err != nil || u.Scheme != "https" || u.Host != "docs.aws.amazon.com" || !strings.HasSuffix(u.Path, ".html") || u.RawQuery != "" {
			t.Errorf("rule %d: %q is not a page of the AWS documentation (%v)", r.Number, page, err)
		}
	}
}

// TestEverySectionHasRules holds that the sections are those that rules are in, and that sources of all kinds occur: a
// list where everything is documented was not looked up.
func TestEverySectionHasRules(t *testing.T) {
	sections, sources := map[rules.Section]int{}, map[rules.Source]int{}
	for _, r := range rules.All() {
		sections[r.Section]++
		sources[r.Source]++
	}
	for _, s := range rules.Sections() {
		if sections[s] == 0 {
			t.Errorf("%s has no rule", s)
		}
	}
	if len(sources) != 3 {
		t.Errorf("the sources are %v", sources)
	}
	t.Logf("%v, %v", sections, sources)
}

func TestFind(t *testing.T) {
	last := len(rules.All())
	for _, number := range []int{1, 17, last} {
		if r, ok := rules.Find(number); !ok || r.Number != number {
			t.Errorf("rule %d: %+v, %v", number, r, ok)
		}
	}
	for _, number := range []int{-1, 0, last + 1} {
		if r, ok := rules.Find(number); ok {
			t.Errorf("there is a rule %d: %+v", number, r)
		}
	}
}

func TestAListThatACallerChangesIsItsOwn(t *testing.T) {
	rules.All()[0].Sentence = "changed"
	if r, _ := rules.Find(1); r.Sentence == "changed" {
		t.Error("All gives the list itself")
	}
}

func TestCitation(t *testing.T) {
	page := "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_effect.html"
	for want, r := range map[string]rules.Rule{
		"rule 4: It is so. See " + page:                 {Number: 4, Sentence: "It is so.", Source: rules.Documented, URLs: []string{page, "https://docs.aws.amazon.com/x.html"}},
		"rule 18: It was so. AWS does not document it.": {Number: 18, Sentence: "It was so.", Source: rules.Observed},
	} {
		if got := r.Citation(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
