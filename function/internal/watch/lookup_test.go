package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// A lookup that is denied or throttled costs the actor and nothing else, and operations are told.
func TestALookupThatFailsCostsTheActorAlone(t *testing.T) {
	for name, c := range map[string]struct {
		fail error
		told []string
		text string
	}{
		"denied": {&role.UnreadError{Why: role.Denied("cloudtrail:LookupEvents")}, []string{"rolewatch may not call cloudtrail:LookupEvents", "2 changes of the last sweep had no record"},
			"may not call cloudtrail:LookupEvents"},
		"throttled": {errors.New("ThrottlingException"), []string{"2 changes of the last sweep had no record"}, "2 lookups in CloudTrail's event history failed"},
	} {
		t.Run(name, func(t *testing.T) {
			l, h := missedLab(t, "billing", "orders")
			h.fail = c.fail
			l.putInline("orders", "admin", everything)
			l.putInline("billing", "admin", everything)
			l.nextSweep()
			l.wantCauses("RW301 billing: no cause", "RW301 orders: no cause")
			if text := l.textOfNotices(); !strings.Contains(text, c.text) {
				t.Errorf("operations were told %s", text)
			}
			l.wantTold(c.told...)
			h.fail = nil
			l.ticked(3 * time.Hour)
			if name == "denied" {
				l.wantTold("Resolved: rolewatch may call cloudtrail:LookupEvents again")
			}
		})
	}
}

// A sweep makes fifty calls at most, two seconds apart, in however many invocations it runs; roles beyond that are reported at once, and
// all are counted.
func TestLookupsAreBoundedAndPaced(t *testing.T) {
	var names []string
	for i := range 70 {
		names = append(names, fmt.Sprintf("r%02d", i))
	}
	for _, handsOver := range []bool{false, true} {
		l, h := missedLab(t, names...)
		for _, name := range names {
			h.records = append(h.records, l.putInline(name, "admin", everything))
		}
		h.pages = 3
		l.now = l.now.Add(25 * time.Hour)
		l.tick()
		steps := 0
		for range 200 {
			item, ok := l.queue.Pop(l.now)
			if !ok {
				break
			}
			steps++
			if handsOver {
				l.watch = l.another() // Another execution environment knows nothing of the calls before.
				l.deliverShort(item.Body)
			} else {
				l.must(item.Body)
			}
		}
		l.pass(30 * time.Minute)
		if len(h.asked) != 50 || handsOver && steps < 40 {
			t.Errorf("%d calls in %d steps", len(h.asked), steps)
		}
		for i := 1; i < len(h.times); i++ {
			if d := h.times[i].Sub(h.times[i-1]); d < 2*time.Second {
				t.Fatalf("call %d came %v after the one before", i, d)
			}
		}
		likely := 0
		causes := l.causes()
		for _, c := range causes {
			if strings.Contains(c, "likely") {
				likely++
			}
		}
		if len(causes) != 70 || likely != 47 {
			t.Errorf("%d findings, %d with an actor", len(causes), likely)
		}
		if h.published == 0 {
			t.Error("roles beyond the limit waited for the lookups of others")
		}
		l.wantTold("70 changes of the last sweep had no record")
	}
}

// deliverShort delivers a body to an invocation that is nearly over, so that it hands over after each step.
func (l *lab) deliverShort(body []byte) {
	l.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	if o := l.watch.Handle(ctx, l.items(body))[0]; o.Err != nil || o.Dead != "" {
		l.t.Fatalf("%+v", o)
	}
}

// hasURL reports functions that have a URL.
var hasURL = &check.Check{ID: "RW407", Slug: "rw407", Title: "RW407", Severity: check.High, Reads: []check.Fact{check.FunctionURLs}, Run: func(p *check.Pass) {
	for _, u := range p.Role.Users.List {
		if len(u.Config.URLs.Or(nil)) > 0 {
			p.Report(check.Diagnostic{Key: u.ARN, Title: "it has a URL", Parts: []role.Part{role.FunctionPart(u.ARN)}, Functions: []role.Function{u}})
		}
	}
}}

// exposing is a lab after its first sweep with functions of the role orders that may get a URL, and with an event history.
func exposing(t *testing.T, functions ...string) (*lab, *history) {
	l := newLab(t, hasURL)
	h := asking(l)
	l.role("orders", goodTrust)
	for _, name := range functions {
		l.function(name, "orders")
	}
	l.swept()
	l.pass(time.Hour)
	l.notices = nil
	return l, h
}

// urlMade is the record of a URL of a function, which it also makes.
func (l *lab) urlMade(function string) []byte {
	l.cloud.functions[functionARN(function)][0].Config.URLs = role.Have([]role.URL{{}})
	return l.record("CreateFunctionUrlConfig", map[string]any{"functionName": function, "authType": "NONE"}, map[string]any{"eventSource": "lambda.amazonaws.com"})
}

// What a function was before is not stored. A finding of it that nothing explains has the function's records looked up, in its Region, and
// what they explain counts as missed.
func TestAChangeOfAFunctionWithoutARecordIsTraced(t *testing.T) {
	for _, recorded := range []bool{true, false} {
		l, h := exposing(t, "checkout")
		record := l.urlMade("checkout")
		if recorded {
			h.records = append(h.records, record)
		}
		l.nextSweep()
		if recorded {
			l.wantCauses("RW407 orders: likely by mallory CreateFunctionUrlConfig")
			l.wantTold("1 change of the last sweep had no record")
			l.must(record)
			l.pass(time.Hour)
			states, err := l.store.Load(context.Background(), []string{roleARN("orders")})
			if err != nil || states[0].Findings[0].Cause.Certainty != finding.Certain {
				t.Errorf("%+v, %v", states[0].Findings, err)
			}
			l.wantCauses()
		} else {
			l.wantCauses("RW407 orders: no cause")
			l.wantTold()
			if !slices.Equal(h.asked, []string{region + " checkout", region + " " + functionARN("checkout")}) {
				t.Errorf("asked %q", h.asked)
			}
		}
	}
}

// A call about a function that failed changed nothing, and explains nothing.
func TestAFailedCallAboutAFunctionExplainsNothing(t *testing.T) {
	l, h := exposing(t, "checkout")
	l.urlMade("checkout")
	h.records = append(h.records, l.refused("UpdateFunctionConfiguration20150331v2", cannotAssume, map[string]any{"functionName": "checkout"}))
	l.nextSweep()
	l.wantCauses("RW407 orders: no cause")
	l.wantTold()
}

// The records of each function of a role are looked up. A function that its name has found is not asked for by its ARN.
func TestAChangeOfTwoFunctionsWithoutRecordsIsTraced(t *testing.T) {
	l, h := exposing(t, "checkout", "invoice")
	h.records = append(h.records, l.urlMade("checkout"), l.urlMade("invoice"))
	l.nextSweep()
	l.wantCauses("RW407 orders: likely by mallory CreateFunctionUrlConfig", "RW407 orders: likely by mallory CreateFunctionUrlConfig")
	if slices.Sort(h.asked); !slices.Equal(h.asked, []string{region + " checkout", region + " invoice"}) {
		t.Errorf("asked %q", h.asked)
	}
}

// Without an event history, as in a replay, nobody is asked and nothing is said.
func TestWithoutAnEventHistoryNothingIsSaid(t *testing.T) {
	l := newLab(t)
	l.install("first", inforce.Rules{})
	l.role("orders", goodTrust)
	l.function("orders", "orders")
	l.swept()
	l.putInline("orders", "admin", everything)
	l.nextSweep()
	l.wantCauses("RW301 orders: no cause")
	l.wantTold()
}

// Of several records the newest counts that touches the part and leaves what is there. Those of other accounts, failed calls, calls that
// read, and texts that are no record are passed over.
func TestOnlyARecordThatMatchesIsACandidate(t *testing.T) {
	l, h := missedLab(t, "orders")
	put := func(who, text string, more map[string]any) []byte {
		m := map[string]any{"userIdentity": map[string]any{"type": "IAMUser", "arn": "arn:aws:iam::" + account + ":user/" + who, "accountId": account, "userName": who}}
		for k, v := range more {
			m[k] = v
		}
		return l.record("PutRolePolicy", map[string]any{"roleName": "orders", "policyName": "admin", "policyDocument": text}, m)
	}
	early := put("tooEarly", everything, map[string]any{"eventTime": l.now.Add(-48 * time.Hour).Format(time.RFC3339)})
	h.extra = [][]byte{early}
	l.cloud.roles["orders"].inline["other"] = everything
	l.cloud.roles["orders"].inline["admin"] = everything
	l.nextSweep()
	l.wantCauses("RW301 orders: no cause", "RW301 orders: no cause")
	delete(l.cloud.roles["orders"].inline, "other")
	l.must(l.putInline("orders", "admin", harmless))
	l.pass(time.Hour)
	l.causes()
	h.records = append(h.records, put("older", everything, nil))
	l.now = l.now.Add(time.Minute)
	h.records = append(h.records, put("sam", everything, nil))
	l.now = l.now.Add(time.Minute)
	l.cloud.roles["orders"].inline["admin"] = everything
	h.records = append(h.records, put("otherText", harmless, nil), put("failed", everything, map[string]any{"errorCode": "AccessDenied"}),
		put("stranger", everything, map[string]any{"recipientAccountId": "999999999999"}),
		l.record("TagRole", map[string]any{"roleName": "orders", "tags": []any{}}), l.record("GetRole", map[string]any{"roleName": "orders"}))
	h.extra = [][]byte{[]byte("{"), []byte(`{}`)}
	l.nextSweep()
	l.wantCauses("RW301 orders: likely by sam PutRolePolicy")
}
