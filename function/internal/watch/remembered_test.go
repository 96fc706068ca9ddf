package watch_test

import (
	"testing"
	"time"
)

// TestAChangeElsewhereReachesRolesThatAreInScopeByMemory makes a role an administrator that another one may assume which Lambda may not
// assume: it is in scope by a function that has it, or only by what is remembered of it.
func TestAChangeElsewhereReachesRolesThatAreInScopeByMemory(t *testing.T) {
	for name, test := range map[string]struct {
		put  func(*lab)
		want []string
	}{
		"a function has it": {func(l *lab) { l.must(l.created("checkout", "worker")) }, []string{"opened RW308 worker"}},
		"a refused call named it": {func(l *lab) {
			l.must(l.refused("CreateFunction20150331", cannotAssume, map[string]any{"functionName": "checkout", "role": roleARN("worker")}))
		}, []string{"opened RW308 worker"}},
		"a capacity provider has it": {func(l *lab) { l.must(l.provider("worker")) }, []string{"opened RW308 worker"}},
		"Lambda could assume it when it was observed, and a function that no record says is gone": {func(l *lab) {
			l.role("worker", goodTrust).inline["deploy"] = assumesDeploy
			l.must(l.setTrust("worker", goodTrust))
			l.must(l.created("checkout", "worker"))
			l.must(l.setTrust("worker", closedTrust))
			delete(l.cloud.functions, "checkout")
		}, []string{"opened RW308 worker"}},
		"nothing of it is remembered": {func(*lab) {}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := graphed(t)
			delete(l.cloud.roles["orders"].inline, "deploy")
			l.role("worker", closedTrust).inline["deploy"] = assumesDeploy
			l.swept()
			test.put(l)
			l.pass(time.Hour)
			l.messages = nil
			l.must(l.attach("deploy"))
			l.pass(time.Minute)
			l.want(test.want...)
		})
	}
}
