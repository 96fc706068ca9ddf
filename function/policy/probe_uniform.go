package policy

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/policy/internal/ascii"
)

// sampled gives a question about a pattern as one about a single resource, where each value of Resource of the statements that cover the
// action covers all that the pattern stands for, or none of it: the answer is the same for all. It is false where that is not seen at once.
func (p *Prober) sampled(q *Probe, a *probedAction) (resource string, ok bool) {
	if !isCompleteARN(q.Resource) || !p.evaluations.Spend(a.weight) {
		return "", false
	}
	query := queryAbout(q.Action, q.Resource, "")
	for _, ref := range a.covering {
		for _, v := range ref.Statement.Resources {
			if isEverything(v.Text) {
				continue
			}
			if strings.ContainsAny(v.Text, "?$") {
				return "", false
			}
			pattern := compileResource(v.Text, ref.Document.Kind, false)
			if pattern.matches(&query) != True && !parts(v.Text, q.Resource) {
				return "", false
			}
		}
	}
	return sampleOf.Replace(q.Resource), true
}

// sampleOf puts a character that all kinds of names have in place of each wildcard.
var sampleOf = strings.NewReplacer("*", "0", "?", "0")

func isCompleteARN(text string) bool {
	return strings.HasPrefix(text, "arn:") && strings.Count(text, ":") >= arnResource
}

// parts reports whether nothing matches both of two patterns, for what stands before their wildcards differs.
func parts(a, b string) bool {
	a, b = ascii.Lower(beforeWildcards(a)), ascii.Lower(beforeWildcards(b))
	n := min(len(a), len(b))
	return a[:n] != b[:n]
}

func beforeWildcards(text string) string {
	if i := strings.IndexAny(text, "*?"); i >= 0 {
		return text[:i]
	}
	return text
}
