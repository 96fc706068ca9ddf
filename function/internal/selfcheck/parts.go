package selfcheck

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/episode"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// unseen is what it means that records do not arrive.
const unseen = "Changes are seen only in the next daily sweep, and not who made them."

func (f *Facts) stacks() []Result {
	var out []Result
	for _, s := range f.Stacks {
		scope, what := "stack:"+s.Region, "The stack "+s.Name+" in "+s.Region
		if r, done := maybe(s.Resources, scope, what, func() Result {
			return wrong(scope, episode.Trouble{
				Key: "stack:" + s.Region, Region: s.Region, Subject: what + " does not exist", Over: what + " exists again",
				Text: "The records of " + s.Region + " do not reach rolewatch. " + unseen,
			}, "npx cdk deploy "+s.Name)
		}); done {
			out = append(out, r)
			continue
		}
		out = append(out, ok(scope, what+" exists"))
	}
	return out
}

func (f *Facts) rules() []Result {
	var out []Result
	for _, s := range f.Stacks {
		for _, r := range s.Rules {
			out = append(out, r.judge(s))
		}
	}
	return out
}

func (r Rule) judge(s Stack) Result {
	name := s.Region + "/" + r.ID
	scope, what := "rule:"+name, "The rule "+r.Name+" in "+s.Region
	meaning := "The records that the rule matches do not reach rolewatch. " + unseen
	if r.ID == deploy.ScheduleID {
		meaning = "The schedule's tick does not reach the function: nothing that is left in the outbox is sent, no daily sweep starts, and rolewatch does not check itself."
	}
	fault := func(subject, over, fix string) Result {
		return wrong(scope, episode.Trouble{
			Key: "rule:" + name, Region: s.Region, Subject: what + subject, Over: what + over, Text: meaning,
		}, fix)
	}
	if out, done := maybe(r.State, scope, what, func() Result {
		return fault(" does not exist", " exists again", redeploy(s.Name))
	}); done {
		return out
	}
	// A rule with the state ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS matches more.
	if state, _ := r.State.Get(); !strings.HasPrefix(state, "ENABLED") {
		fix := "aws events enable-rule --name " + r.Name + " --region " + s.Region
		if r.Bus != "" {
			fix += " --event-bus-name " + r.Bus
		}
		return fault(" is disabled", " is enabled again", fix)
	}
	targets, known := r.Targets.Get()
	switch {
	case !known:
		return unknown(scope, what+": what it sends to is unknown", role.Because(r.Targets.Why()))
	case r.Wanted != "" && !slices.Contains(targets, r.Wanted):
		return fault(" does not send to "+lastPart(r.Wanted), " sends to "+lastPart(r.Wanted)+" again", redeploy(s.Name))
	case r.Wanted == "":
		return unknown(scope, what+": what it must send to is unknown", s.Resources.Reason())
	}
	return ok(scope, what+" is enabled")
}

// lastPart is the name of a resource by its ARN.
func lastPart(arn string) string { return arn[strings.LastIndexAny(arn, ":/")+1:] }

func (f *Facts) buses() []Result {
	var out []Result
	if len(f.Stacks) > 1 {
		out = append(out, f.bus("bus", deploy.BusName, f.Bus, "The records of the other Regions, IAM's among them unless the home Region has them, do not reach rolewatch. "+unseen))
	}
	if f.Hub {
		out = append(out, f.bus("hub-bus", deploy.HubBusName, f.HubBus, "The records of the members of the organization do not reach rolewatch. "+unseen))
	}
	return out
}

func (f *Facts) bus(scope, name string, bus role.Maybe[string], means string) Result {
	what := "The event bus " + name + " in " + f.Home
	if r, done := maybe(bus, scope, what, func() Result {
		return wrong(scope, episode.Trouble{
			Key: "bus:" + name, Region: f.Home, Subject: what + " does not exist", Over: what + " exists again", Text: means,
		}, redeploy(f.home().Name))
	}); done {
		return r
	}
	return ok(scope, what+" exists")
}

func (f *Facts) function() []Result {
	what := "The function"
	if r, done := maybe(f.Function, "function", what, func() Result {
		return wrong("function", episode.Trouble{
			Key: "own-function:missing", Region: f.Home, Subject: "The function does not exist", Over: "the function exists again", Text: "Nothing is watched.",
		}, redeploy(f.home().Name))
	}); done {
		return []Result{r}
	}
	fn, _ := f.Function.Get()
	what += " " + fn.Name
	if fn.State != "" && fn.State != "Active" && fn.State != "Inactive" || fn.LastUpdate == "Failed" {
		return []Result{wrong("function", episode.Trouble{
			Key: "own-function:" + fn.Name, Region: f.Home, Subject: what + " cannot run", Over: what + " runs again",
			Text: fmt.Sprintf("Lambda gives its state as %s, and its last update as %s: %s. Nothing is watched.", fn.State, fn.LastUpdate, fn.Why),
		}, redeploy(f.home().Name))}
	}
	return []Result{ok("function", what+" can run"), f.recursion(what, fn)}
}

// recursionAllowed is the setting with which Lambda lets a function send itself an item again as often as it does.
const recursionAllowed = "Allow"

// recursion judges whether Lambda stops what the function sends itself again:
// https://docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
func (f *Facts) recursion(what string, fn Function) Result {
	stops := wrong("recursion", episode.Trouble{
		Key: "own-function:recursion", Region: f.Home, Subject: "Lambda stops the retries of " + strings.ToLower(what[:1]) + what[1:], Over: what + " may retry for a day again",
		Text: "Recursive loop detection is not set to " + recursionAllowed + ": what could not be handled about 16 times becomes a dead letter, in place of after a day, and the sweep of a " +
			"large account breaks off.",
	}, "aws lambda put-function-recursion-config --function-name "+fn.Name+" --recursive-loop "+recursionAllowed+" --region "+f.Home)
	if r, done := maybe(f.Recursion, "recursion", what, func() Result { return stops }); done {
		return r
	}
	if setting, _ := f.Recursion.Get(); setting != recursionAllowed {
		return stops
	}
	return ok("recursion", what+" may retry")
}

func (f *Facts) home() Stack {
	if len(f.Stacks) == 0 {
		return Stack{}
	}
	return f.Stacks[0]
}

func (f *Facts) mappings() []Result {
	out := []Result{f.mapping("mapping", "The event source mapping of the function", "the queue", f.Mapping)}
	if f.Hub {
		out = append(out, f.mapping("records-mapping", "The event source mapping of the queue of records", "the queue of records", f.RecordsMapping))
	}
	return out
}

func (f *Facts) mapping(scope, what, queue string, mapping role.Maybe[Mapping]) Result {
	fault := func(key, subject, over, fix string) Result {
		return wrong(scope, episode.Trouble{
			Key: "mapping:" + key, Region: f.Home, Subject: what + subject, Over: what + over,
			Text: "Records wait in " + queue + ", which keeps them for " + strconv.Itoa(int(deploy.WorkRetention.Hours()/24)) + " days: nothing is reported until it is fixed.",
		}, fix)
	}
	if r, done := maybe(mapping, scope, what, func() Result {
		return fault(strings.TrimSuffix(scope, "mapping")+"missing", " does not exist", " exists again", redeploy(f.home().Name))
	}); done {
		return r
	}
	switch m, _ := mapping.Get(); m.State {
	case "Enabled", "Enabling", "Creating", "Updating":
		return ok(scope, what+" is enabled")
	default:
		return fault(m.ID, " is "+strings.ToLower(m.State), " is enabled again",
			"aws lambda update-event-source-mapping --uuid "+m.ID+" --enabled --region "+f.Home)
	}
}

// deadLetters are what could not be delivered or handled. The home stack has an alarm that reaches operations.
func (f *Facts) deadLetters() []Result {
	var out []Result
	for i, s := range f.Stacks {
		if s.Resources.State() == role.Absent {
			continue
		}
		scope, what := "deadletters:"+s.Region, "The dead-letter queue in "+s.Region
		r, done := maybe(s.DeadLetters, scope, what, func() Result {
			return wrong(scope, episode.Trouble{
				Key: "deadletters:" + s.Region, Region: s.Region, Subject: what + " does not exist", Over: what + " exists again",
				Text: "What cannot be delivered or handled is lost.",
			}, redeploy(s.Name))
		})
		if n, _ := s.DeadLetters.Get(); !done && n > 0 {
			r = wrong(scope, episode.Trouble{
				Key: "deadletters:" + s.Region, Region: s.Region, Subject: what + " is not empty", Over: what + " is empty again",
				Text: fmt.Sprintf("It holds %d messages that could not be delivered or handled: changes that they are about are seen only in the next daily sweep.", n),
			}, "rolewatch redrive --home "+f.Home+" --region "+s.Region)
		} else if !done {
			r = ok(scope, what+" is empty")
		}
		r.Alarmed = i == 0
		out = append(out, r)
	}
	return out
}

func (f *Facts) table() []Result {
	what := "The table"
	fault := func(key, subject, over, text, fix string) Result {
		return wrong("table", episode.Trouble{Key: "table:" + key, Region: f.Home, Subject: subject, Over: over, Text: text}, fix)
	}
	if r, done := maybe(f.Table, "table", what, func() Result {
		return fault("missing", "The table does not exist", "the table exists again", "Nothing that was found is stored, and nothing is reported.", redeploy(f.home().Name))
	}); done {
		return []Result{r}
	}
	t, _ := f.Table.Get()
	what += " " + t.Name
	if t.Status != "ACTIVE" && t.Status != "UPDATING" {
		return []Result{fault("status", what+" has the status "+t.Status, what+" is active again", "Nothing that was found can be stored.",
			"aws dynamodb describe-table --table-name "+t.Name+" --region "+f.Home)}
	}
	ours := slices.DeleteFunc(slices.Clone(t.Indexes), func(i Index) bool {
		return !slices.ContainsFunc(deploy.Indexes(), func(own deploy.Index) bool { return own.Name == i.Name })
	})
	if slices.ContainsFunc(ours, func(i Index) bool { return i.Status == "" }) {
		return []Result{unknown("table", what+": whether its index is whole is unknown", role.Unclear("dynamodb:DescribeTable does not give the status of an index"))}
	}
	if !slices.ContainsFunc(ours, func(i Index) bool { return (i.Status == "ACTIVE" || i.Status == "UPDATING") && !i.Backfilling }) {
		return []Result{fault("index", "The index of "+strings.ToLower(what[:1])+what[1:]+" is not there or not whole", "the index of the table is whole again",
			"rolewatch does not learn from the index which functions use a role, and retries until the index is whole.", redeploy(f.home().Name))}
	}
	return []Result{ok("table", what+" and its index are active")}
}
