package reconcile_test

import (
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/reconcile"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// refused is a call for the function checkout that Lambda rejected an hour ago.
func refused(event, configures, of string) check.Refusal {
	return check.Refusal{Function: functionARN("checkout"), EventID: "r", Event: event, Time: now.Add(-time.Hour), Error: "no", Configures: configures, Of: of}
}

// succeeded is a call for a function that Lambda accepted now.
func succeeded(function, event, configures string, of ...string) reconcile.Change {
	return reconcile.Change{
		Change: finding.Change{EventID: "s", EventName: event, EventSource: "lambda.amazonaws.com", Time: now}, Function: functionARN(function), Success: true,
		Configures: configures, Of: of,
	}
}

// remembered are the rejected calls that are remembered after a decision on the role, of which one was.
func remembered(t *testing.T, before check.Refusal, change func(in *reconcile.Input), changes ...reconcile.Change) []check.Refusal {
	t.Helper()
	l := newLab(t)
	l.users = []string{"checkout"}
	l.state.Revision, l.state.Refusals, l.changes = 1, []check.Refusal{before}, changes
	in := l.input()
	if change != nil {
		change(&in)
	}
	d := reconcile.Decide(in, l.settings)
	if !d.Outcome.Commits() {
		t.Fatalf("decided %s", d.Outcome)
	}
	return d.Next.Refusals
}

// A call that was rejected is made good by the same call, tried again: for the same function, and for the same event source or qualifier. New
// code is made good by a new configuration, too.
func TestWhichCallMakesARejectedOneGood(t *testing.T) {
	const queue, other = "arn:aws:sqs:us-east-1:" + account + ":orders", "arn:aws:sqs:us-east-1:" + account + ":other"
	nameless := refused("CreateFunction20150331", "", "")
	nameless.Function = ""
	kafka := refused("CreateEventSourceMapping20150331", "mapping", "")
	kafka.Asked = &role.Asked{Source: role.Have(role.Source{Kind: role.SourceKafka})}
	unknown := refused("CreateEventSourceMapping20150331", "mapping", "")
	unknown.Asked = &role.Asked{Source: role.NotRead[role.Source](role.Because("the record does not show it"))}
	earlier := func(c reconcile.Change, at time.Time) reconcile.Change { c.Time = at; return c }
	unproven := succeeded("checkout", "UpdateFunctionConfiguration20150331v2", "")
	unproven.Success = false
	for name, c := range map[string]struct {
		before check.Refusal
		call   reconcile.Change
		good   bool
	}{
		"a new configuration":              {refused("UpdateFunctionConfiguration20150331v2", "", ""), succeeded("checkout", "UpdateFunctionConfiguration20150331v2", ""), true},
		"in a later version of the API":    {refused("UpdateFunctionConfiguration20150331", "", ""), succeeded("checkout", "UpdateFunctionConfiguration20150331v2", ""), true},
		"the function is created":          {refused("UpdateFunctionCode20150331v2", "", ""), succeeded("checkout", "CreateFunction20150331", ""), true},
		"new code":                         {refused("UpdateFunctionCode20150331", "", ""), succeeded("checkout", "UpdateFunctionCode20150331v2", ""), true},
		"a configuration for new code":     {refused("UpdateFunctionCode20150331v2", "", ""), succeeded("checkout", "UpdateFunctionConfiguration20150331v2", ""), true},
		"new code for a configuration":     {refused("UpdateFunctionConfiguration20150331v2", "", ""), succeeded("checkout", "UpdateFunctionCode20150331v2", ""), false},
		"a version for new code":           {refused("UpdateFunctionCode20150331v2", "", ""), succeeded("checkout", "PublishVersion20150331", ""), false},
		"another function":                 {refused("CreateFunction20150331", "", ""), succeeded("invoice", "CreateFunction20150331", ""), false},
		"a mapping for a configuration":    {refused("CreateFunction20150331", "", ""), succeeded("checkout", "CreateEventSourceMapping20150331", "mapping", queue), false},
		"at the same time":                 {refused("CreateFunction20150331", "", ""), earlier(succeeded("checkout", "CreateFunction20150331", ""), now.Add(-time.Hour)), false},
		"just after":                       {refused("CreateFunction20150331", "", ""), earlier(succeeded("checkout", "CreateFunction20150331", ""), now.Add(-time.Hour+1)), true},
		"a call that did not succeed":      {refused("UpdateFunctionConfiguration20150331v2", "", ""), unproven, false},
		"no function is named, created":    {nameless, succeeded("invoice", "CreateFunction20150331", ""), true},
		"no function is named, configured": {nameless, succeeded("invoice", "UpdateFunctionConfiguration20150331v2", ""), true},
		"no function is named, new code":   {nameless, succeeded("invoice", "UpdateFunctionCode20150331v2", ""), false},
		"no function is named, a mapping":  {nameless, succeeded("invoice", "CreateFunction20150331", "mapping", queue), false},
		"the same event source":            {refused("CreateEventSourceMapping20150331", "mapping", queue), succeeded("checkout", "UpdateEventSourceMapping20150331", "mapping", queue, "uuid"), true},
		"the same mapping by its ID":       {refused("UpdateEventSourceMapping20150331", "mapping", "uuid"), succeeded("checkout", "UpdateEventSourceMapping20150331", "mapping", queue, "uuid"), true},
		"another event source":             {refused("CreateEventSourceMapping20150331", "mapping", queue), succeeded("checkout", "CreateEventSourceMapping20150331", "mapping", other), false},
		"a configuration for a mapping":    {refused("CreateEventSourceMapping20150331", "mapping", queue), succeeded("checkout", "CreateFunction20150331", ""), false},
		"self-managed Kafka":               {kafka, succeeded("checkout", "CreateEventSourceMapping20150331", "mapping", "uuid"), true},
		"an unknown event source":          {unknown, succeeded("checkout", "CreateEventSourceMapping20150331", "mapping", "uuid"), false},
		"nothing is known of the mapping":  {refused("CreateEventSourceMapping20150331", "mapping", ""), succeeded("checkout", "CreateEventSourceMapping20150331", "mapping", "uuid"), false},
		"the same qualifier":               {refused("PutFunctionEventInvokeConfig", "invocation", "live"), succeeded("checkout", "UpdateFunctionEventInvokeConfig", "invocation", "live"), true},
		"another qualifier":                {refused("PutFunctionEventInvokeConfig", "invocation", "live"), succeeded("checkout", "PutFunctionEventInvokeConfig", "invocation", "test"), false},
		"no qualifier":                     {refused("PutFunctionEventInvokeConfig", "invocation", ""), succeeded("checkout", "PutFunctionEventInvokeConfig", "invocation", ""), true},
		"a qualifier instead of none":      {refused("PutFunctionEventInvokeConfig", "invocation", ""), succeeded("checkout", "PutFunctionEventInvokeConfig", "invocation", "live"), false},
	} {
		if got := remembered(t, c.before, nil, c.call); (len(got) == 0) != c.good {
			t.Errorf("%s: remembered %+v", name, got)
		}
	}
}

// A rejected call is made good, too, where a version shows what it was to configure and could not if that call had been the last.
func TestWhatAFunctionShowsOfARejectedCall(t *testing.T) {
	const queue, dead = "arn:aws:sqs:us-east-1:" + account + ":orders", "arn:aws:sqs:us-east-1:" + account + ":dead"
	nameless, asked := refused("CreateFunction20150331", "", ""), refused("PutFunctionEventInvokeConfig", "invocation", "live")
	nameless.Function = ""
	asked.Asked = &role.Asked{Destinations: role.Have(role.Destinations{Qualifier: "live", Failure: dead})}
	modified := func(ago time.Duration) func(*role.Function) {
		return func(f *role.Function) { f.LastModified = role.Have(now.Add(-ago)) }
	}
	from := func(arn string) func(*role.Function) {
		return func(f *role.Function) { f.Config.Sources = role.Have([]role.Source{{Kind: role.SourceSQS, ARN: arn}}) }
	}
	to := func(qualifier, failure string) func(*role.Function) {
		return func(f *role.Function) {
			f.Config.Destinations = role.Have([]role.Destinations{{Qualifier: qualifier, Failure: failure}})
		}
	}
	for name, c := range map[string]struct {
		before check.Refusal
		now    func(*role.Function)
		good   bool
	}{
		"configured since":            {refused("CreateFunction20150331", "", ""), modified(time.Hour - 1), true},
		"configured just then":        {refused("CreateFunction20150331", "", ""), modified(time.Hour), false},
		"configured at unknown times": {refused("CreateFunction20150331", "", ""), func(*role.Function) {}, false},
		"no function is named":        {nameless, func(f *role.Function) { modified(time.Minute)(f); f.ARN = "" }, false},
		"another function":            {refused("CreateFunction20150331", "", ""), func(f *role.Function) { modified(time.Minute)(f); f.ARN = functionARN("invoice") }, false},
		"the mapping is there":        {refused("CreateEventSourceMapping20150331", "mapping", queue), from(queue), true},
		"another mapping is":          {refused("CreateEventSourceMapping20150331", "mapping", queue), from(dead), false},
		"a mapping to be changed is":  {refused("UpdateEventSourceMapping20150331", "mapping", queue), from(queue), false},
		"a mapping of self-managed":   {refused("CreateEventSourceMapping20150331", "mapping", ""), from(""), false},
		"the mapping is not":          {refused("CreateEventSourceMapping20150331", "mapping", queue), modified(time.Minute), false},
		"the destination is there":    {asked, to("live", dead), true},
		"another destination is":      {asked, to("live", queue), false},
		"one of another qualifier is": {asked, to("test", dead), false},
		"nobody knows what was asked": {refused("PutFunctionEventInvokeConfig", "invocation", "live"), to("", ""), false},
		"an unknown destination":      {refused("PutFunctionEventInvokeConfig", "invocation", "live"), modified(time.Minute), false},
	} {
		f := role.Function{ARN: functionARN("checkout"), Version: "$LATEST", Config: role.UnreadConfig(role.Because("not of interest"))}
		c.now(&f)
		// It uses this role, or another one by now.
		used := func(in *reconcile.Input) { in.Snapshot.Users.List = []role.Function{f} }
		other := func(in *reconcile.Input) { in.Others = []role.Function{f} }
		for _, change := range []func(*reconcile.Input){used, other} {
			if got := remembered(t, c.before, change); (len(got) == 0) != c.good {
				t.Errorf("%s: remembered %+v", name, got)
			}
		}
	}
}

// A rejected call that nobody tries again is remembered for 7 days.
func TestHowLongARejectedCallIsRemembered(t *testing.T) {
	for age, want := range map[time.Duration]int{7*24*time.Hour - 1: 1, 7 * 24 * time.Hour: 0} {
		before := refused("CreateFunction20150331", "", "")
		before.Time = now.Add(-age)
		if got := remembered(t, before, nil); len(got) != want {
			t.Errorf("after %v: remembered %+v", age, got)
		}
	}
}

// A record that comes twice is counted once, also one without an ID and one that an earlier count has. Another call is counted.
func TestARejectedCallIsCountedOnce(t *testing.T) {
	at := now.Add(-time.Hour)
	call := func(change func(c *reconcile.Change)) reconcile.Change {
		c := reconcile.Change{Change: finding.Change{EventID: "r", EventName: "CreateFunction20150331", Time: at, ErrorMessage: "no"}, Function: functionARN("checkout"), Refused: true}
		if change != nil {
			change(&c)
		}
		return c
	}
	single, counted, nameless := refused("CreateFunction20150331", "", ""), refused("CreateFunction20150331", "", ""), refused("CreateFunction20150331", "", "")
	counted.Count, counted.First = 2, at.Add(-time.Minute)
	nameless.EventID = ""
	noID := func(more func(c *reconcile.Change)) func(c *reconcile.Change) {
		return func(c *reconcile.Change) {
			c.EventID = ""
			if more != nil {
				more(c)
			}
		}
	}
	for name, c := range map[string]struct {
		before check.Refusal
		change func(c *reconcile.Change)
		want   int
	}{
		"the same ID":                  {single, nil, 1},
		"another ID":                   {single, func(c *reconcile.Change) { c.EventID = "r2" }, 2},
		"without an ID, the same":      {nameless, noID(nil), 1},
		"at another time":              {nameless, noID(func(c *reconcile.Change) { c.Time = at.Add(1) }), 2},
		"another message":              {nameless, noID(func(c *reconcile.Change) { c.ErrorMessage = "never" }), 2},
		"another call":                 {nameless, noID(func(c *reconcile.Change) { c.EventName = "UpdateFunctionCode20150331v2" }), 2},
		"the first that was counted":   {counted, func(c *reconcile.Change) { c.EventID, c.Time = "r0", at.Add(-time.Minute) }, 2},
		"one before those":             {counted, func(c *reconcile.Change) { c.EventID, c.Time = "r0", at.Add(-time.Minute-1) }, 3},
		"one after those":              {counted, func(c *reconcile.Change) { c.EventID, c.Time = "r2", at.Add(1) }, 3},
		"one at the time of the first": {single, func(c *reconcile.Change) { c.EventID, c.Time = "r0", at }, 2},
	} {
		got := remembered(t, c.before, nil, call(c.change))
		if len(got) != 1 {
			t.Errorf("%s: remembered %+v", name, got)
			continue
		}
		if n, _ := got[0].Refused(); n != c.want {
			t.Errorf("%s: %d calls, want %d", name, n, c.want)
		}
	}
	other := call(func(c *reconcile.Change) { c.Function, c.EventID = functionARN("invoice"), "" })
	if got := remembered(t, nameless, nil, other); len(got) != 2 {
		t.Errorf("a call for another function: remembered %+v", got)
	}
}
