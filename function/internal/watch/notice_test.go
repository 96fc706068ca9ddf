package watch_test

import (
	"strings"
	"testing"
	"time"

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
