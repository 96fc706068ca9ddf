package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/check"
)

// powers are the checks of a role that make a public function dangerous, the worst first.
var powers = []string{"RW301", "RW302", "RW308", "RW312"}

// publicAndPrivileged joins what is public with what makes the role powerful. Where one of the two is there and the other
// could not be told, neither can this.
func publicAndPrivileged(p *check.Pass, found []check.Diagnostic) {
	left := p.Left()
	i := slices.IndexFunc(powers, func(id string) bool {
		return slices.ContainsFunc(found, func(d check.Diagnostic) bool { return d.Check.ID == id })
	})
	var told []string
	for _, d := range found {
		if d.Check.ID != "RW407" && d.Check.ID != "RW409" || slices.Contains(told, d.Key) {
			continue
		}
		told = append(told, d.Key)
		if i < 0 {
			passOn(p, d.Key, left, powers)
			continue
		}
		power := found[slices.IndexFunc(found, func(d check.Diagnostic) bool { return d.Check.ID == powers[i] })]
		name := d.Functions[0].Name()
		p.Report(check.Diagnostic{
			Key: d.Key, Functions: d.Functions, Title: name + " is public, and its role is powerful",
			Detail:   fmt.Sprintf("%s (%s), and %s (%s).", d.Title, d.Check.ID, lower(power.Title), power.Check.ID),
			Evidence: slices.Concat(d.Evidence, power.Evidence), Parts: slices.Concat(d.Parts, power.Parts),
			Fix: check.Fix{Summary: "Close the function first: " + d.Fix.Summary + " Then take the power from the role: " + power.Fix.Summary, Command: d.Fix.Command},
		})
	}
	for _, u := range left {
		if u.Check.ID != "RW407" && u.Check.ID != "RW409" || slices.Contains(told, u.Key) {
			continue
		}
		if told = append(told, u.Key); i >= 0 || slices.ContainsFunc(left, func(u check.Undecided) bool { return slices.Contains(powers, u.Check.ID) }) {
			passOn(p, u.Key, left, []string{"RW407", "RW409"})
		}
	}
}

// passOn says for a key what some checks miss.
func passOn(p *check.Pass, key string, left []check.Undecided, ids []string) {
	var missing []string
	for _, u := range left {
		if slices.Contains(ids, u.Check.ID) && (u.Key == key || ids[0] == powers[0]) {
			missing = append(missing, u.Missing...)
		}
	}
	if slices.Sort(missing); len(missing) > 0 {
		p.Undecided(key, slices.Compact(missing)...)
	}
}

// lower keeps a title as it is but for its first letter, which stands within a sentence; names keep theirs.
func lower(title string) string {
	for _, article := range []string{"The ", "An ", "A ", "Any "} {
		if strings.HasPrefix(title, article) {
			return strings.ToLower(title[:1]) + title[1:]
		}
	}
	return title
}
