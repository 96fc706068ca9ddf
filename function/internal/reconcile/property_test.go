package reconcile_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json"
	gocmp "github.com/google/go-cmp/cmp"

	"github.com/rolewatch/rolewatch/function/internal/reconcile"
)

// asJSON is a state or a decision as text, for comparing.
func asJSON(t testing.TB, values ...any) string {
	t.Helper()
	text, err := json.Marshal(values, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// essence is all of a decision that is committed or sent.
func essence(t testing.TB, d reconcile.Decision) string {
	t.Helper()
	return strings.Join(render(d, now), "\n") + asJSON(t, d.Next, d.Transitions, d.Causes, d.Thread, d.ConfirmAt, d.Texts, d.Scope)
}

// verifyRepeats decides once more on what was just decided on, with the state that was committed: nothing new is reported,
// nothing is scheduled, and what is remembered of the findings stays. Now that there is a state before, the snapshot may show
// itself to be stale; that reports nothing either.
func verifyRepeats(t testing.TB, l *lab, in reconcile.Input, d reconcile.Decision) {
	t.Helper()
	if !d.Outcome.Commits() {
		return
	}
	in.Before = l.state
	in.Texts = map[string]string{}
	for _, hash := range reconcile.Observe(in).Wanted() {
		if text, kept := l.saved[hash]; kept {
			in.Texts[hash] = text
		}
	}
	again := reconcile.Decide(in, l.settings)
	if again.Outcome == reconcile.Stale {
		return
	}
	if len(again.Transitions) > 0 || !again.ConfirmAt.IsZero() || len(again.Texts) > 0 || !again.Outcome.Commits() {
		t.Errorf("decided again on the same: %s", strings.Join(render(again, l.now), "; "))
	}
	if diff := gocmp.Diff(asJSON(t, d.Next.Findings, d.Next.Thread), asJSON(t, again.Next.Findings, again.Next.Thread)); diff != "" {
		t.Errorf("decided again, findings differ:\n%s", diff)
	}
}

// verifyOrder decides on the same changes in another order, some of them twice, and that nothing given was changed.
func verifyOrder(t testing.TB, random *rand.Rand, l *lab, in reconcile.Input, d reconcile.Decision) {
	t.Helper()
	before := asJSON(t, in.Before, in.Changes)
	shuffled := in
	shuffled.Changes = slices.Clone(in.Changes)
	for range random.IntN(3) {
		if len(in.Changes) > 0 {
			shuffled.Changes = append(shuffled.Changes, in.Changes[random.IntN(len(in.Changes))])
		}
	}
	random.Shuffle(len(shuffled.Changes), func(i, j int) {
		shuffled.Changes[i], shuffled.Changes[j] = shuffled.Changes[j], shuffled.Changes[i]
	})
	if diff := gocmp.Diff(essence(t, d), essence(t, reconcile.Decide(shuffled, l.settings))); diff != "" {
		t.Errorf("decided otherwise on the same changes in another order:\n%s", diff)
	}
	if after := asJSON(t, in.Before, in.Changes); after != before {
		t.Errorf("the input was changed from\n%s\nto\n%s", before, after)
	}
}

// step changes the role at random, with or without a record, and lets time go by. No two records have the same time:
// their order would be a matter of chance.
func (l *lab) step(random *rand.Rand) {
	pick := func(all ...string) string { return all[random.IntN(len(all))] }
	recorded := random.IntN(4) > 0
	do := func(line, record string) {
		l.do(strings.Fields(line))
		if recorded {
			l.now = l.now.Add(time.Second)
			l.do(strings.Fields(record))
		}
	}
	switch random.IntN(9) {
	case 0, 1:
		to := pick("lambda", "ec2", "lambda-indented")
		do("trust "+to, "iam UpdateAssumeRolePolicy - "+to)
	case 2:
		name, to := pick("logs", "more"), pick("harmless", "everything")
		do(fmt.Sprintf("inline %s %s", name, to), fmt.Sprintf("iam PutRolePolicy %s %s", name, to))
	case 3:
		name := pick("logs", "more")
		do("inline "+name+" none", "iam DeleteRolePolicy "+name)
	case 4:
		to := pick("everything", "harmless", "none")
		do("attach arn:aws:iam::aws:policy/team "+to, pick("iam AttachRolePolicy", "iam DetachRolePolicy")+" arn:aws:iam::aws:policy/team")
	case 5:
		do("users "+pick("", "checkout", "checkout invoice"), "lambda UpdateFunctionConfiguration checkout "+pick("", "refused"))
	case 6:
		l.do([]string{pick("deny", "allow", "allow"), pick("trust", "inline")})
	case 7:
		l.do([]string{pick("unlisted", "listed", "listed")})
	case 8:
		to := pick("none", "AROAORDERS", "AROAORDERS", "AROAANOTHER")
		do("id "+to, map[bool]string{true: "iam DeleteRole -", false: "iam CreateRole - lambda"}[to == "none"])
	}
	waits := []time.Duration{0, time.Second, 30 * time.Second, time.Minute, 10 * time.Minute, 3 * time.Hour, 25 * time.Hour, 8 * 24 * time.Hour}
	l.now = l.now.Add(waits[random.IntN(len(waits))])
}

// TestDecisionsRepeatAndDoNotDependOnOrder walks roles through random histories and holds, at every decision, that it
// reports nothing when it is made again, and is the same for its changes in any order.
func TestDecisionsRepeatAndDoNotDependOnOrder(t *testing.T) {
	decided, reported, several := 0, 0, 0
	for seed := range uint64(150) {
		random := rand.New(rand.NewPCG(seed, 7))
		l := newLab(t)
		l.users = []string{"checkout"}
		for range 14 {
			for range 1 + random.IntN(3) {
				l.step(random)
			}
			in := l.input()
			d := reconcile.Decide(in, l.settings)
			verifyOrder(t, random, l, in, d)
			if len(in.Changes) > 1 {
				several++
			}
			l.apply(d)
			verifyRepeats(t, l, in, d)
			decided++
			reported += len(d.Transitions)
			if t.Failed() {
				t.Fatalf("seed %d, at decision %d: %s", seed, decided, strings.Join(render(d, l.now), "; "))
			}
		}
	}
	if decided < 1000 || reported < 200 || several < 200 {
		t.Fatalf("%d decisions, %d transitions, %d with several changes", decided, reported, several)
	}
	t.Logf("%d decisions, %d transitions, %d with several changes", decided, reported, several)
}
