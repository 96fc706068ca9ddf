package cost

import "github.com/rolewatch/rolewatch/function/deploy"

// A month, as AWS counts it.
const (
	hours = 730.0
	days  = hours / 24
)

// Assumptions about the account and about what one event takes. The calls of one reconcile and of a sweep are those that docs/how-it-works.md
// lists; the rest is measured or stated by AWS where the comment says so.
const (
	roles     = 200.0
	functions = 200.0

	// pollers is how many long polls Lambda keeps open on a queue, of pollSeconds each:
	// https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html
	pollers     = 5.0
	pollSeconds = 20.0

	// What a tick takes: its time, and reads of the outbox, the sweep's state and notices.
	tickSeconds = 0.2
	tickReads   = 5.0

	// What a self-check takes, once an hour: its calls are made a few at a time, many of them in other Regions. It notes its time.
	checksPerHour   = 1.0
	checkSeconds    = 0.5
	secondsPerCall  = 0.15
	callsAtATime    = 8.0
	checkReads      = 6.0
	checkWrites     = 2.0
	logBytesPerLook = 1024.0

	// What a sweep takes for each function and each role; package deploy has what it writes. It writes the state of a role that has findings,
	// which so many of the roles have.
	sweepSecondsPerFunction = 0.4
	sweepCallsPerFunction   = 7.0
	sweepReadsPerRole       = 2.0
	withFindings            = 0.1
	// How often the table is read in a month, by units of 4 KB, to find what is not used: once a day, or twice in six days where one invocation
	// cannot read it, as in a hub.
	readsOfTable    = days
	readsOfHubTable = 2 * days / 6
	bytesOfRead     = 4096.0

	// What an event takes, with its confirming reconcile for every second event.
	reconcilesPerEvent  = 1.5
	secondsPerReconcile = 0.7
	callsPerReconcile   = 8.0
	writesPerReconcile  = 14.0
	readsPerReconcile   = 5.0
	// Each reconcile reads the head of the inventory, and what an event changes is written to it, in a transaction.
	headReads          = 2.0
	headWritesPerEvent = 10.0
	queuePerReconcile  = 3.0
	eventsPerBatch     = 5.0
	logBytesPerEvent   = 2048.0
	logBytesPerTick    = 512.0
	eventsPerMessage   = 20.0

	// storedBytes is what the table holds of a role and its functions, with its index.
	storedBytes = 20_000.0
	// logMonths is how long the log is kept, and logCompression how much of it is left when it is stored.
	logMonths      = 1.0
	logCompression = 0.15

	gigabyte = 1e9
)

// sweepWrites is what a sweep of an account writes, in write request units.
const sweepWrites = functions*deploy.SweepWritesPerFunction + roles*(deploy.SweepWritesPerRole+withFindings*deploy.SweepWritesPerFinding) + deploy.SweepWritesPerAccount

// line is one line of the bill.
type line struct {
	what    string
	dollars float64
}

// bill is what a deployment costs in a month with a number of events a day that rules select, evenly spread over its Regions.
func (d deployment) bill(eventsPerDay float64) []line { return d.billFor(1, eventsPerDay) }

// billFor is the bill of a deployment that watches a number of accounts with a number of events a day in all of them.
func (d deployment) billFor(accounts, eventsPerDay float64) []line {
	events := eventsPerDay * days
	reconciles := events * reconcilesPerEvent
	messages := events / eventsPerMessage
	ticks := d.ticksPerHour * hours
	sweeps := days * accounts
	checks := hours * checksPerHour

	seconds := ticks*tickSeconds + checks*(checkSeconds+d.checkCalls()/callsAtATime*secondsPerCall) + sweeps*functions*sweepSecondsPerFunction + reconciles*secondsPerReconcile
	invocations := ticks + sweeps + reconciles/eventsPerBatch
	polls := float64(d.mappings) * pollers * hours * 3600 / pollSeconds
	stored, reads := storedBytes*roles*accounts/gigabyte, readsOfTable
	if accounts > 1 {
		reads = readsOfHubTable
	}
	logged := (events*logBytesPerEvent + ticks*logBytesPerTick + checks*logBytesPerLook) / gigabyte
	remote := events * float64(d.others) / float64(d.others+1)
	beats := d.beatsPerHour * hours

	return []line{
		{"alarms", alarms.of(float64(d.alarmMetrics))},
		{"queue", sqsRequests.of(polls + queuePerReconcile*reconciles + d.beatsPerHour*hours*queuePerReconcile + checks*d.stacks())},
		{"function", lambdaRequests.of(invocations) + lambdaTime.of(seconds*d.memoryGB)},
		{"table", tableWrites.of(sweeps*sweepWrites+reconciles*writesPerReconcile+events*headWritesPerEvent+checks*checkWrites) +
			tableReads.of(ticks*tickReads+stored*gigabyte/bytesOfRead*reads+checks*checkReads+sweeps*roles*sweepReadsPerRole+reconciles*(readsPerReconcile+headReads)) +
			tableStorage.of(stored) + tableBackup.of(stored)},
		{"log", logs.of(logged) + logStorage.of(logged*logMonths*logCompression)},
		// A heartbeat is a custom event, and is sent to another bus.
		{"events", busEvents.of(remote+2*beats) + schedules.of(beats)},
		{"messages", snsRequests.of(messages+checks*float64(d.topics)) + snsEmails.of(messages*float64(d.emails))},
		// A sweep's metric, that of the time to report, and eight of findings: four severities, opened and resolved.
		{"metrics", metrics.of(min(hours, sweeps) + min(hours, messages) + 8*min(hours, messages/8))},
		{"dashboard", dashboards.of(float64(d.dashboards))},
		{"keys", keys.of(float64(d.keys))},
	}
}

// stacks counts the stacks, each of which has a dead-letter queue.
func (d deployment) stacks() float64 { return float64(d.others + 1) }

// checkCalls is how many calls a self-check makes, with one trail: two for each rule; two for each stack, its resources and its dead-letter
// queue; one for each topic, each key and the bus of other Regions; and those for the trail, the function, its mapping and the table.
func (d deployment) checkCalls() float64 {
	const ofTrail, ofFunction, ofMapping, ofTable = 3, 2, 1, 1
	calls := 2*d.rules + 2*(d.others+1) + d.topics + d.keys + ofTrail + ofFunction + ofMapping + ofTable
	if d.others > 0 {
		calls++
	}
	// A hub has a second mapping and a second bus.
	calls += 2 * (d.mappings - 1)
	return float64(calls)
}

// calls is how many management events a deployment causes in a month: by its sweeps, by its self-checks and by its reconciles.
func (d deployment) calls(eventsPerDay float64) (swept, checked, reconciled float64) {
	return days * functions * sweepCallsPerFunction, hours * checksPerHour * d.checkCalls(), eventsPerDay * days * reconcilesPerEvent * callsPerReconcile
}

func total(bill []line) (sum float64) {
	for _, l := range bill {
		sum += l.dollars
	}
	return sum
}
