package cost

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Assumptions about the hub of an organization, in addition to those about an account.
const (
	// eventsPerAccount is how many events a day an account has.
	eventsPerAccount = 100.0
	// What a record takes before it is a work item: its time, requests of the two queues, and what counts it by account.
	secondsPerRecord = 0.02
	queuePerRecord   = 4.0
	writesPerRecord  = 1.0
	// What the tick of a member takes, each time that the schedule ticks: a work item, and the reads of a tick.
	secondsPerMemberTick = 0.05
	queuePerMemberTick   = 3.0
	// How often the role of a member is assumed.
	sessionsPerHour = 1.0
	// What a member takes once an hour: a part of the calls that list the organization, and reads of what is noted of it.
	secondsPerListed = 0.015
	readsPerListed   = 2.0
	// What connects the accounts is one text, of so many bytes an account. Each sweep of an account writes it whole, in a transaction, which costs
	// twice the write, and it is read once a minute.
	bytesOfTies          = 62.0
	writesOfATransaction = 2.0
)

// sizes are the numbers of accounts that the page has.
var sizes = []float64{10, 100, 1_000}

// hub is the deployment of a hub, and a member in one Region.
type hub struct {
	deployment
	member deployment
}

// bill is what a hub costs in a month that watches a number of accounts, its own among them, in the accounts in which the cost arises.
func (h hub) bill(accounts, eventsPerDay float64) []line {
	bill := h.billFor(accounts, eventsPerDay)
	records, ticks, members := eventsPerDay*days, h.ticksPerHour*hours*accounts, accounts-1
	add := func(what string, dollars float64) {
		at := slices.IndexFunc(bill, func(l line) bool { return l.what == what })
		bill[at].dollars += dollars
	}
	add("queue", sqsRequests.of(records*queuePerRecord+ticks*queuePerMemberTick))
	add("function", lambdaTime.of((records*secondsPerRecord+ticks*secondsPerMemberTick+hours*accounts*secondsPerListed)*h.memoryGB)+lambdaRequests.of((records+ticks)/eventsPerBatch))
	add("table", tableWrites.of(records*writesPerRecord)+tableReads.of(ticks*tickReads+hours*accounts*readsPerListed))
	ties := accounts * bytesOfTies / 1024
	add("table", tableWrites.of(days*accounts*writesOfATransaction*math.Ceil(ties))+tableReads.of(hours*60*math.Ceil(ties/4)))
	beats := h.member.beatsPerHour * hours * members
	return append(bill, line{"members", busEvents.of(records*members/accounts+2*beats) + schedules.of(beats)})
}

// calls is how many management events a hub causes in a month: in the accounts that it reads, and in its own.
func (h hub) calls(accounts, eventsPerDay float64) float64 {
	swept, checked, reconciled := h.deployment.calls(eventsPerDay)
	return swept*accounts + checked + reconciled + sessionsPerHour*hours*accounts
}

// writeHub writes the section on organizations. One is a deployment of one account.
func writeHub(b *strings.Builder, h hub, one deployment) {
	fmt.Fprintf(b, `
## An organization

What [a hub](organization.md) costs that watches 10, 100 and 1,000 accounts in one Region, with %.0f events a day in each account, and roles and functions in each as below. The line *members* is
what the accounts that are watched pay: heartbeats, and %s for a million records that are sent to the bus of another account.

| |`, eventsPerAccount, money(busEvents.of(1e6)))
	for _, n := range sizes {
		fmt.Fprintf(b, " %s accounts |", thousands(n))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(sizes)) + "\n")
	row := func(name string, of func(accounts float64) float64) {
		fmt.Fprintf(b, "| %s |", name)
		for _, n := range sizes {
			fmt.Fprintf(b, " %s |", money(of(n)))
		}
		b.WriteString("\n")
	}
	row("**a hub**", func(n float64) float64 { return total(h.bill(n, n*eventsPerAccount)) })
	row("a hub, while nothing happens", func(n float64) float64 { return total(h.bill(n, 0)) })
	row("a deployment in each account instead", func(n float64) float64 { return n * total(one.bill(eventsPerAccount)) })
	for i, l := range h.bill(1, 0) {
		if total := h.bill(sizes[len(sizes)-1], sizes[len(sizes)-1]*eventsPerAccount)[i].dollars; total > 0 {
			row("of it "+l.what, func(n float64) float64 { return h.bill(n, n*eventsPerAccount)[i].dollars })
		}
	}
	b.WriteString("\nWhat it causes in the accounts that it reads, [as explained above](#what-it-causes):\n\n| |")
	for _, n := range sizes {
		fmt.Fprintf(b, " %s accounts |", thousands(n))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(sizes)) + "\n| calls a month |")
	for _, n := range sizes {
		fmt.Fprintf(b, " %s |", thousands(h.calls(n, n*eventsPerAccount)))
	}
	b.WriteString("\n")
	row("a second trail", func(n float64) float64 { return trailCopies.of(h.calls(n, n*eventsPerAccount)) })
	row("GuardDuty in one Region", func(n float64) float64 { return guardDuty.of(h.calls(n, n*eventsPerAccount)) })
}

// hubAssumptions are those about a hub.
func hubAssumptions() []string {
	return []string{
		fmt.Sprintf("In a hub, a record takes %.2f seconds, %.0f requests of queues and %.0f write request unit before it is a work item; the tick of a member takes %.2f seconds, %.0f requests and "+
			"%.0f read request units each time that the schedule ticks; and the role of a member is assumed %.0f time an hour. "+
			"Once an hour, listing a member takes %.3f seconds and %.0f read request units. What connects the accounts takes %.0f bytes an account: a sweep of an account writes all of it "+
			"with 2 write request units for each KB, and it is read once a minute.",
			secondsPerRecord, queuePerRecord, writesPerRecord, secondsPerMemberTick, queuePerMemberTick, tickReads, sessionsPerHour, secondsPerListed, readsPerListed, bytesOfTies),
	}
}
