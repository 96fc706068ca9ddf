package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/refusal"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// Refusals is the page of the messages with which AWS refuses a call because of an execution role, in Markdown. The error names a
// meaning that is not explained.
func Refusals(rows []aws.Refusal) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made from the table of refusals: go generate ./function/internal/catalogue/page -->\n\n# Why Lambda refused a call\n\n%s", refusalsIntro)
	fmt.Fprintf(&b, "The table was last compared with its sources on %s.\n", aws.RefusalsRead())
	seen := map[aws.Meaning]bool{}
	for _, first := range rows {
		if seen[first.Meaning] {
			continue
		}
		seen[first.Meaning] = true
		about, by, ok := refusal.About(first.Meaning)
		if !ok {
			return "", fmt.Errorf("write the page of refusals: %q is not explained", first.Meaning)
		}
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n**Diagnosed by.** %s\n", first.Meaning, about, diagnosedBy(by))
		for _, row := range rows {
			if row.Meaning == first.Meaning {
				fmt.Fprintf(&b, "\n%s\n\n- Message: %s\n- Pattern: %s\n- Source: %s\n", row.Says, code(row.Example), code(row.Pattern()), row.Source)
			}
		}
	}
	return b.String(), nil
}

const refusalsIntro = `When Lambda refuses a call that configures a function, the error code is the same for many causes. rolewatch reads the message, and
[RW117](checks.md#rw117-create-refused) compares it with the role as it is now. This page lists the messages by their meaning, with the checks that find
the cause. The patterns are tried in the order of this page. They ignore case, and any text that a service or a tool adds around the sentence.

CloudTrail cuts a message after 1 KB, and hides or cuts some parameters of a call. What is missing is unknown, and the finding says so.

`

// diagnosedBy links the checks, in order.
func diagnosedBy(checks []*check.Check) string {
	if len(checks) == 0 {
		return "The message itself."
	}
	var links []string
	inOrder := slices.SortedFunc(slices.Values(checks), func(a, b *check.Check) int { return strings.Compare(a.ID, b.ID) })
	for _, c := range inOrder {
		links = append(links, fmt.Sprintf("[%s](checks.md#%s)", c.ID, anchor(heading(c))))
	}
	return strings.Join(links, ", ") + "."
}

// code is a text as code: one that has a backquote stands between two of them.
func code(text string) string {
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}
