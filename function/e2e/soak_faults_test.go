package e2e

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

// dependencies are what the function calls, as outages go round: each alone, and then all of them.
var dependencies = [][]string{{"sns"}, {"dynamodb"}, {"sqs"}, {"iam", "lambda"}, {"sns", "dynamodb", "sqs", "iam", "lambda"}}

// notDoomed stands for no call that kills its caller.
const notDoomed = -1

// faults are what happens to the function: its processes are killed in the middle of a call, and calls fail while a dependency is down.
type faults struct {
	// emulator is the process whose children are those of the function.
	emulator func() int

	mu     sync.Mutex
	random *rand.Rand
	// down are the services that fail, and failing is how many calls have failed since.
	down    []string
	failing int
	// doomed is how many calls come before the one that kills its caller, commits is how many transactions were answered since the last
	// kill, and apart is how many there are at least between two kills: on a machine that is slow, a batch must not be killed each time
	// until it is a dead letter.
	doomed, commits, apart int
	// begun is how many outages there were, and outages how many of each.
	begun   int
	outages map[string]int
	struck  map[string]int
	kills   int

	// requeued counts the items that were put back into the queue, and repeats the faults that may have a message published again.
	requeued, repeats atomic.Int64
}

const (
	// unansweredOf is how many of the calls that fail are carried out and not answered.
	unansweredOf = 0.2
	// calmFor and downFor bound the time between two outages, and that of one.
	calmFor, downFor = 2 * time.Second, 4 * time.Second
	// doomedWithin is within how many calls the function is killed.
	doomedWithin = 40
)

// happen has the function killed and a dependency fail for a while, in turn, until the context ends or each dependency has failed so
// often. Then everything works.
func (f *faults) happen(ctx context.Context, random *rand.Rand, rounds int) {
	f.mu.Lock()
	f.random, f.outages, f.struck, f.doomed = random, map[string]int{}, map[string]int{}, notDoomed
	f.mu.Unlock()
	defer f.set(nil, notDoomed)
	for i := range rounds * len(dependencies) {
		f.set(nil, f.upTo(doomedWithin))
		if !f.between(ctx, calmFor) || !f.until(ctx, nil, func() bool { return f.doomed == notDoomed && f.commits >= f.apart }) {
			return
		}
		services := dependencies[i%len(dependencies)]
		f.set(services, notDoomed)
		if !f.between(ctx, downFor) || !f.until(ctx, nil, func() bool { return f.failing > 0 }) {
			return
		}
		f.set(nil, notDoomed)
	}
}

// between waits for a random time.
func (f *faults) between(ctx context.Context, most time.Duration) bool {
	return wait(ctx, most/4+time.Duration(f.upTo(int(3*most/4))))
}

// until waits until a condition holds; false where the context ends, or what is under way is over.
func (f *faults) until(ctx context.Context, over <-chan struct{}, holds func() bool) bool {
	for {
		f.mu.Lock()
		done := holds()
		f.mu.Unlock()
		if done {
			return true
		}
		select {
		case <-over:
			return false
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// reaches waits until a number of outages has begun; false where the context ends, or what is under way is over.
func (f *faults) reaches(ctx context.Context, over <-chan struct{}, n int) bool {
	return f.until(ctx, over, func() bool { return f.begun >= n })
}

func (f *faults) upTo(n int) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.random.IntN(n)
}

func (f *faults) set(down []string, doomed int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.down, f.doomed, f.failing = down, doomed, 0; len(down) > 0 {
		f.outages[strings.Join(down, "+")]++
		f.begun++
	}
}

// decide is the fate of a call of the function.
func (f *faults) decide(c awstest.Call) (awstest.Fate, func()) {
	// Only what is put back into the queue has the attribute.
	if c.Operation == "SendMessage" && bytes.Contains(c.Body, []byte(`"attempt"`)) {
		f.requeued.Add(1)
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.random == nil {
		return awstest.Answered, nil
	}
	if slices.Contains(f.down, c.Service) {
		f.struck[c.Service]++
		f.failing++
		fate := awstest.Unavailable
		if f.random.Float64() < unansweredOf {
			fate = awstest.Unanswered
		}
		if c.Operation == "Publish" && fate == awstest.Unanswered || c.Operation == "DeleteItem" {
			f.repeats.Add(1)
		}
		return fate, nil
	}
	if c.Operation == "TransactWriteItems" {
		f.commits++
	}
	switch {
	case f.doomed == notDoomed:
		return awstest.Answered, nil
	case f.doomed > 0:
		f.doomed--
		return awstest.Answered, nil
	}
	f.doomed, f.commits = notDoomed, 0
	if f.random.IntN(2) == 0 {
		f.kill()
		return awstest.Unavailable, nil
	}
	return awstest.Unanswered, func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.kill()
	}
}

// kill ends every process of the function, which are the children of the emulator, without a warning.
func (f *faults) kill() {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			continue // It has ended.
		}
		// The name of a process is in parentheses, and its parent is the second field after that.
		pid, rest, _ := strings.Cut(string(text), " (")
		i := strings.LastIndex(rest, ") ")
		if i < 0 || rest[:i] != "bootstrap" {
			continue
		}
		fields := strings.Fields(rest[i+2:])
		id, err := strconv.Atoi(pid)
		if err != nil || len(fields) < 2 || fields[1] != strconv.Itoa(f.emulator()) || fields[0] == "Z" {
			continue
		}
		if syscall.Kill(id, syscall.SIGKILL) == nil {
			f.kills++
			// What it has published and not taken out of the outbox is published again, which is one batch at most.
			f.repeats.Add(1)
		}
	}
}

func (f *faults) String() string {
	f.mu.Lock()
	defer f.mu.Unlock()
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(f.outages)) {
		parts = append(parts, fmt.Sprintf("%s down %d times", name, f.outages[name]))
	}
	calls := 0
	for _, n := range f.struck {
		calls += n
	}
	return fmt.Sprintf("%d processes killed; %s; %d calls failed", f.kills, strings.Join(parts, ", "), calls)
}

// held fails where a fault has not happened: the soak would say nothing about it.
func (f *faults) held(t *testing.T) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, services := range dependencies {
		if f.outages[strings.Join(services, "+")] == 0 {
			t.Errorf("%v were never down", services)
		}
		if !slices.ContainsFunc(services, func(name string) bool { return f.struck[name] > 0 }) {
			t.Errorf("no call of %v failed", services)
		}
	}
	if f.kills == 0 {
		t.Error("nothing was killed")
	}
}
