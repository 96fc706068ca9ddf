package watch_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/watch"
)

const teamARN = "arn:aws:iam::" + account + ":policy/team"

// deniedReads are changes by which a role gets a finding, and the calls whose denial hides that.
func deniedReads() map[string]func(*lab) (call string, body []byte, want string) {
	return map[string]func(*lab) (string, []byte, string){
		"the role": func(l *lab) (string, []byte, string) {
			return "iam:GetRole", l.setTrust("orders", badTrust), "opened RW102 orders"
		},
		"its inline policies": func(l *lab) (string, []byte, string) {
			l.cloud.roles["orders"].inline["all"] = everything
			return "iam:ListRolePolicies", l.putInline("orders", "all", everything), "opened RW301 orders"
		},
		"the roles of a policy": func(l *lab) (string, []byte, string) {
			l.cloud.policies[teamARN] = everything
			return "iam:ListEntitiesForPolicy", l.record("CreatePolicyVersion", map[string]any{"policyArn": teamARN, "policyDocument": everything, "setAsDefault": true}), "opened RW301 orders"
		},
		"a function that takes a broken role": func(l *lab) (string, []byte, string) {
			l.role("broken", badTrust)
			l.function("checkout", "broken")
			return "lambda:ListVersionsByFunction", l.record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": "checkout"},
				map[string]any{"responseElements": map[string]any{"functionArn": functionARN("checkout"), "version": "$LATEST"}}), "opened RW102 broken"
		},
	}
}

// withPolicy is an account with one healthy function whose role has a policy of the account.
func withPolicy(t *testing.T) *lab {
	l := newLab(t)
	l.cloud.policies[teamARN] = harmless
	l.role("orders", goodTrust).attached[teamARN] = true
	l.function("checkout", "orders")
	l.swept()
	l.pass(time.Hour)
	l.want()
	l.notices = nil
	return l
}

// A read that is denied for a while loses nothing: once the call is allowed again, the finding is reported with the actor and the
// statement of the record, long before the sweep.
func TestAReadThatWasDeniedComesAgain(t *testing.T) {
	for name, provoke := range deniedReads() {
		for _, lasts := range []time.Duration{time.Minute, 50 * time.Minute, 3 * time.Hour} {
			t.Run(fmt.Sprintf("%s, for %v", name, lasts), func(t *testing.T) {
				calm := withPolicy(t)
				_, body, want := provoke(calm)
				calm.must(body)
				calm.pass(10 * time.Minute)
				faultless := calm.want(want)[0].Opened[0]
				l := withPolicy(t)
				call, body, want := provoke(l)
				l.cloud.denied = map[string]bool{call: true}
				l.must(body)
				l.pass(lasts)
				l.want()
				l.cloud.denied = nil
				l.pass(min(16*time.Minute, 2*lasts+2*time.Minute))
				f := l.want(want)[0].Opened[0]
				if diff := cmp.Diff(faultless, f, cmpopts.IgnoreFields(finding.Finding{}, "FirstSeen", "LastSeen")); diff != "" {
					t.Errorf("the finding is another one than without the denial:\n%s", diff)
				}
				if n := l.queue.Len(); n != 0 {
					t.Errorf("%d items are left", n)
				}
				l.wantTold("rolewatch may not call "+call, "Resolved: rolewatch may call "+call+" again")
			})
		}
	}
}

// A role of which nothing is stored, because it was out of scope, comes again, too: the denied read hides that it is in scope now.
func TestARoleOutOfScopeWhoseReadWasDeniedComesAgain(t *testing.T) {
	l := newLab(t)
	l.role("idle", badTrust)
	l.attach("idle")
	l.swept()
	l.want()
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	l.must(l.setTrust("idle", goodTrust))
	l.pass(3 * time.Minute)
	l.want()
	l.cloud.denied = nil
	l.pass(5 * time.Minute)
	l.want("opened RW302 idle")
}

// However often a record, or a work item that carries it, is delivered while the call is denied, one work item carries it: the items
// would double with each delivery that SQS repeats.
func TestWhatIsDeliveredManyTimesComesAgainOnce(t *testing.T) {
	l := orders(t)
	body := l.setTrust("orders", badTrust)
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	for range 10 {
		l.must(body)
	}
	for range 8 {
		due, ok := l.queue.Next()
		if !ok {
			t.Fatal("nothing comes again")
		}
		l.now = due
		item, _ := l.queue.Pop(l.now)
		for range 3 {
			if o := l.hand(item); o != (watch.Outcome{}) {
				t.Fatalf("outcome %+v", o)
			}
		}
		if n := l.queue.Len(); n > 3 {
			t.Fatalf("%d items wait", n)
		}
	}
	l.cloud.denied = nil
	l.pass(time.Hour)
	l.want("opened RW102 orders")
}

// What stays denied is left to the sweep after a few hours, and at once where it was denied for a day already.
func TestWhatStaysDeniedIsLeftToTheSweep(t *testing.T) {
	for name, provoke := range deniedReads() {
		t.Run(name, func(t *testing.T) {
			l := withPolicy(t)
			call, body, _ := provoke(l)
			l.cloud.denied = map[string]bool{call: true}
			l.must(body)
			if l.queue.Len() == 0 {
				t.Fatal("nothing comes again")
			}
			began, last := l.now, l.now
			for l.queue.Len() > 0 {
				due, _ := l.queue.Next()
				if last = due; last.Sub(began) > 10*time.Hour {
					t.Fatal("it comes again for 10 hours")
				}
				l.pass(due.Sub(l.now))
			}
			if took := last.Sub(began); took < 3*time.Hour || took > 5*time.Hour {
				t.Errorf("it came again for %v", took)
			}
			l.now = began.Add(25 * time.Hour)
			l.must(body)
			l.pass(5 * time.Minute)
			if n := l.queue.Len(); n != 0 {
				t.Errorf("%d items come again although the call has been denied for a day", n)
			}
		})
	}
}

// A record that comes beside one that waits already is waited for, too.
func TestARecordBesideOneThatWaitsComesAgain(t *testing.T) {
	l := orders(t)
	l.cloud.denied = map[string]bool{"iam:GetRole": true, "iam:ListRolePolicies": true}
	first := l.record("TagRole", map[string]any{"roleName": "orders", "tags": []any{}})
	l.must(first)
	l.now = l.now.Add(10 * time.Second)
	l.cloud.roles["orders"].inline["all"] = everything
	second := l.putInline("orders", "all", everything)
	cause := fmt.Sprintf("%012d", l.serial)
	l.must(first, second)
	l.pass(3 * time.Minute)
	l.cloud.denied = nil
	l.pass(10 * time.Minute)
	// The first record has the role read, and the second one adds the cause.
	told := l.want("opened RW301 orders", "changed RW301 orders")
	if f := told[1].Changed[0]; f.Cause == nil || !strings.HasSuffix(f.Cause.EventID, cause) {
		t.Errorf("cause %+v", f.Cause)
	}
}

// A read that stays denied is tried less and less often.
func TestAReadThatStaysDeniedIsTriedLessOften(t *testing.T) {
	l := withPolicy(t)
	call, body, _ := deniedReads()["a function that takes a broken role"](l)
	l.cloud.denied = map[string]bool{call: true}
	l.must(body)
	sent := l.now
	for attempt := 1; attempt <= 6; {
		due, ok := l.queue.Next()
		if !ok {
			t.Fatalf("attempt %d does not come", attempt)
		}
		l.now = due
		item, _ := l.queue.Pop(l.now)
		if o := l.hand(item); o != (watch.Outcome{}) {
			t.Fatalf("attempt %d: %+v", attempt, o)
		}
		if !bytes.Equal(item.Body, body) {
			continue // A work item about the roles of the function.
		}
		if waited, want := due.Sub(sent), deploy.UnreadBackoff(attempt); waited != want || item.Attempt != attempt {
			t.Fatalf("attempt %d, which says %d, came after %v, want %v", attempt, item.Attempt, waited, want)
		}
		sent = due
		attempt++
	}
}

// No permission changes a call that the endpoint does not support, or one of AWS Organizations: nothing comes again for it.
func TestWhatNoPermissionChangesDoesNotComeAgain(t *testing.T) {
	for name, set := range map[string]func(*cloud){
		"organizations": func(c *cloud) { c.denied = map[string]bool{"organizations:DescribePolicy": true} },
		"unsupported":   func(c *cloud) { c.unsupported = map[string]bool{"iam:ListAttachedRolePolicies": true} },
		"unsupported, whole": func(c *cloud) {
			c.unsupported = map[string]bool{"iam:ListEntitiesForPolicy": true, "lambda:ListVersionsByFunction": true}
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := withPolicy(t)
			set(l.cloud)
			for _, provoke := range deniedReads() {
				_, body, _ := provoke(l)
				l.must(body)
			}
			l.pass(5 * time.Minute)
			if n := l.queue.Len(); n != 0 {
				t.Errorf("%d items come again", n)
			}
		})
	}
}

// What comes again does not restart the settle time: a failure is reported as soon as it is seen. Where another record has the role
// read before, that names no cause, and the record that comes again adds it.
func TestWhatComesAgainDoesNotSettleAnew(t *testing.T) {
	l := orders(t)
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	l.must(l.setTrust("orders", badTrust))
	cause := fmt.Sprintf("%012d", l.serial)
	l.pass(63 * time.Second)
	l.cloud.denied = nil
	l.pass(time.Second)
	if f := l.want("opened RW102 orders")[0].Opened[0]; f.Cause == nil || !strings.HasSuffix(f.Cause.EventID, cause) {
		t.Errorf("cause %+v", f.Cause)
	}
	l = orders(t)
	l.cloud.denied = map[string]bool{"iam:GetRole": true}
	l.must(l.setTrust("orders", badTrust))
	cause = fmt.Sprintf("%012d", l.serial)
	l.pass(70 * time.Second)
	l.cloud.denied = nil
	l.must(l.record("TagRole", map[string]any{"roleName": "orders", "tags": []any{}}))
	l.pass(settle)
	l.want("opened RW102 orders")
	l.pass(2 * time.Minute)
	if f := l.want("changed RW102 orders")[0].Changed[0]; f.Cause == nil || !strings.HasSuffix(f.Cause.EventID, cause) {
		t.Errorf("cause %+v", f.Cause)
	}
}
