package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/coverage"
)

// Coverage is the page of what rolewatch watches of AWS, in Markdown. The error names an operation that is classified as an event
// and is not in the table of events.
func Coverage(lists []coverage.List) (string, error) {
	var b strings.Builder
	fmt.Fprintf(&b, "<!-- Made from the table of coverage: go generate ./function/internal/catalogue/page -->\n\n# What is watched of AWS, and what is not, and why\n\n%s", coverageIntro)
	b.WriteString(comparedWith())
	b.WriteString("\n| what | judged | not judged yet | of no concern |\n|---|---|---|---|\n")
	for _, k := range []coverage.Kind{coverage.Operations, coverage.Fields, coverage.Values} {
		n := coverage.Counts(k)
		fmt.Fprintf(&b, "| %s | %d | %d | %d |\n", k, n[coverage.Judged], n[coverage.NotYet], n[coverage.NoConcern])
	}
	for _, l := range lists {
		fmt.Fprintf(&b, "\n## %s\n", headingOf(l))
		for _, class := range coverage.Classes() {
			rows := slices.DeleteFunc(slices.Clone(l.Rows), func(r coverage.Row) bool { return r.Class != class })
			if len(rows) == 0 {
				continue
			}
			fmt.Fprintf(&b, "\n| %s | %s |\n|---|---|\n", class, columnOf[class])
			for len(rows) > 0 {
				says, err := saysOf(l, rows[0])
				if err != nil {
					return "", err
				}
				var names []string
				for _, r := range rows {
					if r.Event == rows[0].Event && r.Says == rows[0].Says && (!r.Event || r.Name == rows[0].Name) {
						names = append(names, "`"+r.Name+"`")
					}
				}
				fmt.Fprintf(&b, "| %s | %s |\n", strings.Join(names, ", "), escape(says))
				first := rows[0]
				rows = slices.DeleteFunc(rows, func(r coverage.Row) bool { return slices.Contains(names, "`"+r.Name+"`") && r.Says == first.Says })
			}
		}
	}
	return b.String(), nil
}

const coverageIntro = `This page puts three kinds of things into classes: every operation of AWS Lambda, IAM and AWS Organizations that changes something; every field that
these services return for a function, an alias, an event source mapping, an asynchronous configuration, a function URL, a role and a managed policy; and
every value that checks read. The classes are:

- **judged**: a check evaluates it, or its CloudTrail record leads to a reconcile;
- **not judged yet**: it matters to an execution role or a function, but rolewatch does not evaluate it. The table says what it would show;
- **of no concern**: it affects neither an execution role nor what a function needs from it.

A test compares the tables with the SDKs. When AWS adds something, the test fails until it is classified. [Failures that no event
shows](without-events.md) has the failures that no CloudTrail record shows.

`

// columnOf is the heading of the column with the sentences of a class.
var columnOf = map[coverage.Class]string{
	coverage.Judged: "by what", coverage.NotYet: "what it would show", coverage.NoConcern: "why",
}

// comparedWith says with which SDKs the tables were compared, and when.
func comparedWith() string {
	var sdks []string
	for _, s := range coverage.SDKs() {
		sdks = append(sdks, s.Service+" "+s.Version)
	}
	return fmt.Sprintf("The tables are as of %s: they were compared then with the AWS SDK for Go (%s).\n", coverage.Compared, strings.Join(sdks, ", "))
}

var serviceTitles = map[string]string{"lambda": "AWS Lambda", "iam": "IAM", "organizations": "AWS Organizations"}

func headingOf(l coverage.List) string {
	service := serviceTitles[l.Service]
	if l.Kind == coverage.Operations {
		return "Operations of " + service
	}
	return strings.ToUpper(string(l.Kind[:1])) + string(l.Kind[1:]) + " of " + strings.Join(l.Types, " and ") + ", " + service
}

// saysOf is the sentence of a row. That of an operation in the table of events is made from it.
func saysOf(l coverage.List, r coverage.Row) (string, error) {
	if !r.Event {
		return r.Says, nil
	}
	e, ok := events.Lookup(l.Service+aws.ServiceDomain, r.Name)
	switch {
	case !ok:
		return "", fmt.Errorf("write the page of coverage: the table of events does not have %s %s", l.Service, r.Name)
	case e.Look:
		return "Its record leads to a reconcile (" + e.Title + ").", nil
	default:
		return "Its record is known and does not lead to a reconcile: " + e.Why + ".", nil
	}
}
