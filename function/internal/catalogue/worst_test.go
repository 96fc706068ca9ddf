package catalogue_test

import (
	"fmt"
	"math/rand/v2"
	"runtime/debug"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/catalogue"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/danger"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// mutants are roles of parts of others, drawn with a seed: policies of two, limited by a third, and edited.
func mutants(n int) []hostile {
	r := rand.New(rand.NewPCG(3, 4))
	all := hostileRoles()
	var out []hostile
	for i := range n {
		a, b, c := all[r.IntN(len(all))], all[r.IntN(len(all))], all[r.IntN(len(all))]
		policies := slices.Concat(a.policies, b.policies)
		r.Shuffle(len(policies), func(i, j int) { policies[i], policies[j] = policies[j], policies[i] })
		one := hostile{name: fmt.Sprintf("%d: %s, %s, %s", i, a.name, b.name, c.name), policies: policies[:min(10, len(policies))]}
		switch i % 4 {
		case 0:
			one.boundary = append([]string{allowAll}, c.policies[0][1:]...)
		case 1:
			one.scps = [][]string{{allowAll}, c.policies[len(c.policies)-1]}
		case 2:
			one.former = c.policies[0]
		case 3:
			one.never = `{"Effect":"Deny","Action":["iam:*","s3:Get*"],"Resource":"*"}`
		}
		out = append(out, one)
	}
	return out
}

// TestNoRoleOverdrawsItsBudget counts the steps of hostile roles: a budget is overdrawn by one piece of work at most, and a role
// whose budget did not suffice has a finding that says so.
func TestNoRoleOverdrawsItsBudget(t *testing.T) {
	exceeded := 0
	roles := append(hostileRoles(), mutants(24)...)
	for _, h := range roles {
		s := h.subject()
		result := check.Run(catalogue.Checks(), s)
		b := effective.BudgetOf(s)
		for _, share := range b.Shares() {
			if share.Used > share.Of+share.Of/30 {
				t.Errorf("%s: %d steps were taken of %d %s", h.name, share.Used, share.Of, share.Name)
			}
		}
		_, isExceeded := b.Exceeded()
		if isExceeded {
			exceeded++
		}
		if reports(result, danger.TooComplex) != isExceeded {
			t.Errorf("%s: the budget was exceeded: %v, and the findings are of %d checks", h.name, isExceeded, len(result.Diagnostics))
		}
	}
	if exceeded == 0 || exceeded == len(roles) {
		t.Fatalf("%d of %d roles are too complex", exceeded, len(roles))
	}
	t.Logf("%d of %d roles are too complex", exceeded, len(roles))
}

// reports says whether a check reports something, be it folded.
func reports(r check.Result, id string) bool {
	return slices.ContainsFunc(r.Diagnostics, func(d check.Diagnostic) bool { return d.Check.ID == id || slices.Contains(d.Folds, id) })
}

// userTime is the time that the process has had of the processors.
func userTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano())
}

// yardstick is a role of one policy that an evaluation decides each time, so that it tells how long a step takes.
func yardstick() *check.Subject {
	h := hostile{policies: [][]string{{`{"Effect":"Allow","NotAction":["iam:*","organizations:*"],"Resource":"*"}`}}}
	return h.subject()
}

// measure judges a role, and gives the time and the steps that it took.
func measure(s *check.Subject) (took time.Duration, steps int) {
	start := userTime()
	check.Run(catalogue.Checks(), s)
	took = userTime() - start
	for _, share := range effective.BudgetOf(s).Shares() {
		steps += share.Used
	}
	return took, steps
}

// BenchmarkWorstRole judges hostile roles. It reports the time of the processors and the steps of a role, and how much longer it takes
// than the yardstick. The garbage collector runs as it does in the deployed function.
func BenchmarkWorstRole(b *testing.B) {
	defer debug.SetGCPercent(debug.SetGCPercent(deploy.GCPercent))
	measure(yardstick())
	for _, h := range append(hostileRoles(), mutants(24)...) {
		b.Run(h.name, func(b *testing.B) {
			var took, usual time.Duration
			steps := 0
			for b.Loop() {
				one, n := measure(h.subject())
				ordinary, _ := measure(yardstick())
				took, usual, steps = took+one, usual+ordinary, steps+n
			}
			b.ReportMetric(float64(took.Milliseconds())/float64(b.N), "cpu-ms/op")
			b.ReportMetric(float64(steps)/float64(b.N), "steps/op")
			b.ReportMetric(float64(took)/float64(max(steps, 1)), "cpu-ns/step")
			b.ReportMetric(float64(took)/float64(max(usual, 1)), "yardsticks/op")
		})
	}
}
