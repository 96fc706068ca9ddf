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
		{"RW1", "Can Lambda assume the role?", "These checks read the role, its trust policy and the configuration of the functions that use it. One cause is " +
			"reported by one check."},
		{"RW2", "Does the role allow what the function is configured to do?", "Lambda itself uses the role for a function's logs, network, event sources and " +
			"destinations. These checks name the missing action and resource, and the statement that denies it."},
		{"RW3", "Does the role allow too much?", "These checks judge what the role can do in effect: all its policies together, limited by the permissions boundary, " +
			"Deny statements and the organization's policies, with resources and conditions."},
		{"RW4", "Who else has access?", "These checks read the parts of the trust policy that are not about Lambda, and who can invoke, change or read the function: its resource policy, URL and layers."},
		{"RW5", "Is it tidy?", "These checks report what does no harm yet."},
	}
}

// FamilyTable lists the families, with how many of the checks each has, as a table in Markdown. Link leads to Checks' page.
func FamilyTable(checks []*check.Check, link string) string {
	var b strings.Builder
	b.WriteString("| checks | question | number |\n|---|---|---|\n")
	for _, f := range Families() {
		list := of(f, checks)
		if len(list) == 0 {
			continue
		}
		title := f.Title
		if !slices.ContainsFunc(list, func(c *check.Check) bool { return !c.OptIn }) {
			title += " Off by default."
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
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n| check | severity | what it reports |\n|---|---|---|\n", f.heading(), f.About)
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
	"`rolewatch checks` lists the same checks, and `rolewatch explain RW102` describes one of them. IDs are stable: a number that was released is never given to\n" +
	`another check. [The settings](settings.md) turn checks on and off, and change their severities.

If a check cannot decide because something was not read, it says what that is. The account ` + "`111122223333`" + ` and its names are examples, and the tests
run each check on its examples.
`

func section(b *strings.Builder, c *check.Check, e examples.Example) {
	fmt.Fprintf(b, "\n### %s\n\n%s.\n\n%s\n\n**Why it matters.** %s\n\n", heading(c), escape(strings.TrimSuffix(c.Title, ".")), escape(Traits(c)), escape(c.Why))
	fmt.Fprintf(b, "**Example.** %s\n\nReported:\n\n```json\n%s\n```\n\nNot reported:\n\n```json\n%s\n```\n\n", escape(e.Given), e.Bad, e.Good)
	fmt.Fprintf(b, "**How to fix it.** %s\n\n**Source.** %s\n", escape(c.Fix), escape(c.Source))
}

// Traits says in sentences how grave a check is, when it is told, what it judges, and for which other ones it stands.
func Traits(c *check.Check) string {
	out := "Severity " + c.Severity.String() + ". "
	if c.Settles {
		out += "rolewatch reports it if it lasts longer than the settle time (60 seconds by default), because a deployment in progress can cause it."
	} else {
		out += "It is reported at once."
	}
	if c.OptIn {
		out += " It is off by default."
	}
	if c.PerFunction {
		out += " Each function has its own finding."
	}
	if len(c.Folds) > 0 {
		out += " These findings follow from it and are not reported separately: " + strings.Join(c.Folds, ", ") + "."
	}
	if len(c.FoldsSame) > 0 {
		out += " These findings follow from the same statements and are not reported separately: " + strings.Join(c.FoldsSame, ", ") + "."
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
