// Package page writes documentation from the code: one page for all checks, a short table of their families, a page for the
// rules of the policy language, one for the messages with which calls are refused, one for what is watched of AWS, and one for the
// failures that no event shows.
package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/catalogue/examples"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

//go:generate go run ./generate

// Family is the checks of one hundred.
type Family struct {
	// Prefix is what their IDs begin with.
	Prefix string
	// Title is the question that they answer; About says more of it in a sentence or two.
	Title, About string
}

// Families are all families, in the order of their checks.
func Families() []Family {
	return []Family{
		{"RW1", "Can Lambda assume the role?", "The role itself, its trust policy, and what the function is configured with. Of these checks the one speaks " +
			"that names the cause."},
		{"RW2", "Do its permissions cover what the function is configured to do?", "What Lambda does in the role's name before and beside the code: logs, " +
			"network, event sources, destinations. Each names the missing action and resource, and what is in the way."},
		{"RW3", "Is the role dangerous?", "Judged on what the role can really do: all its policies together, less the permissions boundary, denies, and the " +
			"organization's policies, with resources and conditions."},
		{"RW4", "Who else can get in?", "The trust policy beside Lambda, and the function's own doors: resource policy, URL, layers."},
		{"RW5", "Is it tidy?", "What does no harm yet."},
	}
}

// FamilyTable lists the families, with how many of the checks each has, as a table in Markdown. Link leads to Checks' page.
func FamilyTable(checks []*check.Check, link string) string {
	var b strings.Builder
	b.WriteString("| checks | what they ask | how many |\n|---|---|---|\n")
	for _, f := range Families() {
		list := of(f, checks)
		if len(list) == 0 {
			continue
		}
		title := f.Title
		if !slices.ContainsFunc(list, func(c *check.Check) bool { return !c.OptIn }) {
			title += " Off until asked for."
		}
		fmt.Fprintf(&b, "| [%s to %s](%s#%s) | %s | %d |\n", list[0].ID, list[len(list)-1].ID, link, anchor(f.heading()), title, len(list))
	}
	return b.String()
}

// Checks is the page of all checks, in Markdown. The error names a check that is in no family or has no example.
func Checks(checks []*check.Check) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made from the checks: go generate ./function/internal/catalogue/page -->\n\n# The checks\n\n%s\n", intro)
	b.WriteString(FamilyTable(checks, ""))
	left := len(checks)
	for _, f := range Families() {
		list := of(f, checks)
		left -= len(list)
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| check | severity | what it finds |\n|---|---|---|\n", f.heading(), f.About)
		for _, c := range list {
			fmt.Fprintf(&b, "| [%s %s](#%s) | %s | %s |\n", c.ID, c.Slug, anchor(heading(c)), c.Severity, escape(c.Title))
		}
		for _, c := range list {
			e, ok := examples.Of(c.ID)
			if !ok {
				return "", fmt.Errorf("write the page of checks: %s has no example", c.ID)
			}
			section(&b, c, e)
		}
	}
	if left != 0 {
		return "", fmt.Errorf("write the page of checks: %d are in no family", left)
	}
	return b.String(), nil
}

const intro = `` +
	"The same is at hand on the command line: `rolewatch checks`, and `rolewatch explain RW102` for one of them. IDs are stable: once released,\n" +
	`a number is never given to another check. A check can be turned off or on, and its severity changed, in
[the settings](settings.md).

A check that cannot know says so, and what it would have to read. The account ` + "`111122223333`" + ` and its names are examples throughout; each
example is judged by its check in the tests.
`

func section(b *strings.Builder, c *check.Check, e examples.Example) {
	fmt.Fprintf(b, "\n### %s\n\n%s.\n\n%s\n\n**Why it matters.** %s\n\n", heading(c), escape(strings.TrimSuffix(c.Title, ".")), escape(Traits(c)), escape(c.Why))
	fmt.Fprintf(b, "**Example.** %s\n\nIt fires:\n\n```json\n%s\n```\n\nIt does not:\n\n```json\n%s\n```\n\n", escape(e.Given), e.Bad, e.Good)
	fmt.Fprintf(b, "**How to mend it.** %s\n\n**Rests on.** %s\n", escape(c.Fix), escape(c.Source))
}

// Traits says in sentences how grave a check is, when it is told, what it judges, and for which other ones it stands.
func Traits(c *check.Check) string {
	out := "Severity " + c.Severity.String() + ". "
	if c.Settles {
		out += "A deployment in progress could explain it, so it is told when it outlives the settle time."
	} else {
		out += "It is told at once."
	}
	if c.OptIn {
		out += " It is off until asked for."
	}
	if c.PerFunction {
		out += " Each function is a finding of its own."
	}
	if len(c.Folds) > 0 {
		out += " What follows from it gets no finding of its own: " + strings.Join(c.Folds, ", ") + "."
	}
	if len(c.FoldsSame) > 0 {
		out += " What follows from the same statements gets no finding of its own: " + strings.Join(c.FoldsSame, ", ") + "."
	}
	return out
}

func (f Family) heading() string { return f.Prefix + "xx " + f.Title }

func heading(c *check.Check) string { return c.ID + " " + c.Slug }

func of(f Family, checks []*check.Check) []*check.Check {
	var out []*check.Check
	for _, c := range checks {
		if strings.HasPrefix(c.ID, f.Prefix) {
			out = append(out, c)
		}
	}
	return out
}

// anchor is a heading's as GitHub makes it: small letters, no punctuation, hyphens for spaces.
func anchor(heading string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == ' ':
			return '-'
		case r == '-', r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return -1
	}, strings.ToLower(heading))
}

// escape keeps Markdown from reading a text as markup.
func escape(text string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `<`, `&lt;`, `|`, `\|`, "`", "\\`", "\n", " ").Replace(text)
}
