package watch_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/inforce"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// TestOperationsIsToldOnceOfEachThingThatIsNotKnown has an organization whose policies may not be read, a function whose
// resource policy may not, and a tag of an exception that cannot be read.
func TestOperationsIsToldOnceOfEachThingThatIsNotKnown(t *testing.T) {
	l := orders(t)
	l.cloud.denied = map[string]bool{"organizations:DescribePolicy": true}
	l.cloud.roles["orders"].tags = map[string]string{"rolewatch:exception": "RW304 until soon we know"}
	versions := l.cloud.functions[functionARN("checkout")]
	versions[0].Config.Policies = role.NotRead[[]role.ResourcePolicy](role.Denied("lambda:GetPolicy"))
	for range 3 {
		l.must(l.record("UpdateFunctionCode20150331v2", map[string]any{"functionName": "checkout"}))
		l.pass(2 * time.Minute)
	}
	l.want()
	for _, what := range []string{
		"Only the management account and delegated administrators", "denied lambda:GetPolicy", `tag rolewatch:exception of role orders exempts nothing: "soon" is neither a day`,
	} {
		if n := strings.Count(strings.Join(strings.Fields(strings.Join(l.notices, " ")), " "), what); n != 1 {
			t.Errorf("operations was told %d times %q: %q", n, what, l.notices)
		}
	}
}

// An exception by a tag that is not known does not hold, which operations are told. Where a call was denied or is not supported, the notice
// about the call says so.
func TestATagThatIsNotKnownIsToldOnce(t *testing.T) {
	for name, c := range map[string]struct {
		why  role.Reason
		told int
	}{
		"denied":      {role.Denied("lambda:ListTags"), 0},
		"unsupported": {role.Unsupported("lambda:ListTags", "501"), 0},
		"another":     {role.Because("lambda:ListTags answered for another function"), 1},
	} {
		t.Run(name, func(t *testing.T) {
			one := *hasURL
			one.PerFunction = true
			l := newLab(t)
			l.config.Rules = inforce.New([]*check.Check{&one}, inforce.Rules{Exceptions: inforce.Exceptions{
				List: []check.Exception{{Checks: []string{one.ID}, Tag: "accepted", Reason: "r", Until: l.now.AddDate(0, 1, 0)}},
			}})
			l.watch = l.another()
			l.role("orders", goodTrust)
			l.function("checkout", "orders")
			l.cloud.functions[functionARN("checkout")][0].Config.Tags = role.NotRead[map[string]string](c.why)
			l.swept()
			for range 2 {
				l.must(l.urlMade("checkout"))
				l.pass(2 * time.Minute)
			}
			l.want("opened RW407 orders")
			told := slices.DeleteFunc(l.notices, func(n string) bool { return !strings.Contains(n, "An exception does not hold") })
			if len(told) != c.told {
				t.Errorf("operations were told %q, want %d notices", told, c.told)
			}
		})
	}
}
