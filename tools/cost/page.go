// Package cost works out what a deployment of rolewatch costs: from the resources of its templates, list prices, and assumptions about
// what an event takes. It writes docs/cost.md.
package cost

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/deploy"
)

// volumes are the numbers of events a day that the page has.
var volumes = []struct {
	name   string
	perDay float64
}{{"idle", 0}, {"1,000 events a day", 1_000}, {"100,000 events a day", 100_000}}

// Idle is what the templates cost in a month without an event, in US dollars.
func Idle(templates []Template) (float64, error) {
	d, err := read(templates)
	return total(d.bill(0)), err
}

// Templates are those that the page is made from: of a deployment in One Region and in Several, of a Hub without other Regions, and of a
// Member of it.
type Templates struct {
	One, Several, Hub []Template
	Member            Template
}

// Page is docs/cost.md.
func Page(t Templates) (string, error) {
	read1, err := read(t.One)
	if err != nil {
		return "", err
	}
	readN, err := read(t.Several)
	if err != nil {
		return "", err
	}
	readHub, err := read(t.Hub)
	if err != nil {
		return "", err
	}
	member, err := readMember(t.Member)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.WriteString(head)
	fmt.Fprintf(&b, "| | one Region | %d Regions |\n|---|---|---|\n", readN.others+1)
	for _, v := range volumes {
		fmt.Fprintf(&b, "| %s | %s | %s |\n", v.name, money(total(read1.bill(v.perDay))), money(total(readN.bill(v.perDay))))
	}
	b.WriteString("\n## By what it is for\n\n")
	writeBills(&b, read1, readN)
	fmt.Fprintf(&b, settingsText, money(dashboards.of(1)), money(keys.of(1)))
	writeCaused(&b, readN)
	writeHub(&b, hub{readHub, member}, read1)
	writeAssumptions(&b, readN)
	writePrices(&b)
	return b.String(), nil
}

const head = `# What it costs

US dollars a month, at the list prices of us-east-1 for every Region, without any free tier. ` + "`go test ./infra -run Cost -update`" + ` writes this page
from the templates that ` + "`cdk synth`" + ` makes of the shipped ` + "`cdk.json`" + `, with one e-mail address. An event is a CloudTrail record that a rule selects: a change to a role, a
policy or a function.

`

const settingsText = `
The setting ` + "`dashboard`" + ` adds %s, and ` + "`key`" + ` adds %s. CloudWatch charges for a metric by the hours in which it has data, so that metrics cost nothing while
nothing happens. A log group, a topic, a queue, a rule and a role cost nothing by the month.
`

func writeBills(b *strings.Builder, one, several deployment) {
	fmt.Fprintf(b, "| |")
	var bills [][]line
	for _, d := range []deployment{one, several} {
		for _, v := range volumes {
			fmt.Fprintf(b, " %s, %s |", plural(d.others+1, "Region"), v.name)
			bills = append(bills, d.bill(v.perDay))
		}
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(bills)) + "\n")
	for i, l := range bills[0] {
		fmt.Fprintf(b, "| %s |", l.what)
		for _, bill := range bills {
			fmt.Fprintf(b, " %s |", money(bill[i].dollars))
		}
		b.WriteString("\n")
	}
}

func writeCaused(b *strings.Builder, several deployment) {
	fmt.Fprintf(b, `
## What it causes

The function reads IAM and Lambda, and once an hour its own deployment, and CloudTrail records each of these calls. The first copy of management events is free in each Region. A second trail that
logs management events that read, and GuardDuty, charge for them. GuardDuty analyzes the calls of global services, such as IAM, in each Region in which
it is enabled: the last column is for %d Regions.

| | calls a month | a second trail | GuardDuty in one Region | GuardDuty in all |
|---|---|---|---|---|
`, several.others+1)
	for _, v := range volumes {
		swept, checked, reconciled := several.calls(v.perDay)
		calls := swept + checked + reconciled
		fmt.Fprintf(b, "| %s | %.0f | %s | %s | %s |\n", v.name, calls, money(trailCopies.of(calls)), money(guardDuty.of(calls)),
			money(guardDuty.of(swept+checked)+guardDuty.of(reconciled*several.stacks())))
	}
	b.WriteString("\nA second trail that logs management events that write, and none that read, is not charged for these calls.\n")
}

func writeAssumptions(b *strings.Builder, several deployment) {
	b.WriteString("\n## Assumptions\n\n")
	for _, a := range append([]string{
		fmt.Sprintf("The account has %.0f roles and %.0f functions. A sweep a day reads each function with %.0f calls in %.1f seconds, and writes %d units for each "+
			"function, %d for each role, %d for each role with findings, which %.0f of them have, and %d for the account. A test counts them in an account in which nothing changes.",
			roles, functions, sweepCallsPerFunction, sweepSecondsPerFunction, deploy.SweepWritesPerFunction, deploy.SweepWritesPerRole, deploy.SweepWritesPerFinding, roles*withFindings, deploy.SweepWritesPerAccount),
		fmt.Sprintf("The table holds %.0f KB for each role and its functions. It is read whole once a day, and that of a hub twice in six days, to find what is not used.", storedBytes/1000),
		fmt.Sprintf("Events are spread evenly over the %d Regions; those of other Regions are sent over the bus.", several.others+1),
		fmt.Sprintf("Each event is reconciled %.1f times, because every second one is confirmed later. A reconcile takes %.1f seconds, %.0f calls, %.0f write request units and "+
			"%.0f read request units. An event also writes %.0f units for what is known of the account's roles.",
			reconcilesPerEvent, secondsPerReconcile, callsPerReconcile, writesPerReconcile, readsPerReconcile+headReads, headWritesPerEvent),
		fmt.Sprintf("One in %.0f events leads to a message, and an invocation handles %.0f items.", eventsPerMessage, eventsPerBatch),
		fmt.Sprintf("Lambda keeps %.0f long polls of %.0f seconds open on the queue, also while nothing happens.", pollers, pollSeconds),
		fmt.Sprintf("The function has %.0f MB of memory, and a tick takes %.1f seconds.", several.memoryGB*1024, tickSeconds),
		fmt.Sprintf("A self-check an hour makes %.0f calls, %.0f at a time and each in %.2f seconds, with one trail in the account.", several.checkCalls(), callsAtATime, secondsPerCall),
		fmt.Sprintf("An event writes %.0f KB to the log, which is kept for 30 days.", logBytesPerEvent/1024),
	}, hubAssumptions()...) {
		b.WriteString("- " + a + "\n")
	}
}

func writePrices(b *strings.Builder) {
	fmt.Fprintf(b, "\n## Prices\n\nLooked up on %s.\n\n| what | US dollars | for | page |\n|---|---|---|---|\n", asOf)
	for _, p := range prices {
		unit := p.unit
		if p.per >= 1e5 {
			unit = thousands(p.per) + " " + unit
		}
		dollars := fmt.Sprintf("%.2f", p.dollars)
		if p.dollars < 0.001 || p.dollars*100 != float64(int(p.dollars*100)) {
			dollars = fmt.Sprintf("%g", p.dollars)
		}
		fmt.Fprintf(b, "| %s | %s | %s | <%s> |\n", p.what, dollars, unit, p.page)
	}
}

func money(dollars float64) string {
	if dollars > 0 && dollars < 0.005 {
		return "under $0.01"
	}
	return fmt.Sprintf("$%.2f", dollars)
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

func thousands(n float64) string {
	text := fmt.Sprintf("%.0f", n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}
