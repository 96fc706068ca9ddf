package e2e

import (
	"context"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	dbtypes "github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/aws-sdk-go-v2/service/lambda"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	sqstypes "github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/dynamostore"
)

const (
	// soakEvents and soakSeed are the environment variables of TestSoak: how many events there are, and what chance begins with.
	soakEvents = "ROLEWATCH_SOAK_EVENTS"
	soakSeed   = "ROLEWATCH_SOAK_SEED"
	// fewEvents is up to how many events each change is made once, spread over one outage of each dependency.
	fewEvents = 120
	// soakHidden and soakTick stand for VisibilityTimeout and TickInterval: with these, a soak takes minutes where it would take hours.
	soakHidden = 20 * time.Second
	soakTick   = 5 * time.Second
	// commitsApart is how many commits there are at least between two kills; fewCommitsApart is for few events.
	commitsApart, fewCommitsApart = 100, 10
	// atOnce is how many roles change at the same time.
	atOnce = 48
	// moreRounds is how many outages there are at most where somebody asks for a number of events: the changes end before.
	moreRounds = 100_000
)

// soak is a deployed stack under load and faults.
type soak struct {
	*stack
	all    *told
	faults *faults
	seed   uint64
	actors []*actor
	// few says that every change is made once, spread over one outage of each dependency.
	few bool

	mu sync.Mutex
	// took are the times from an event to its report, and lost says of each role with a change that was not reported what was.
	took []time.Duration
	lost []string
	sent int
	// planted is how many events nothing can read.
	planted int
	// over is closed when nothing is under way any more.
	over chan struct{}
}

// TestSoak changes roles while the function is killed and what it depends on fails, and holds what was reported against what was
// changed: each change that is reported is reported once. It fails with what is lost, and with what is reported in two messages. There are few
// events, unless somebody asks for more.
func TestSoak(t *testing.T) {
	t.Parallel()
	events, seed := soakSize(t)
	s := soaked(t, seed)
	s.few = events <= fewEvents
	s.makeActors(t, events)
	s.tick(t)
	s.quiet(t)

	began := time.Now()
	stop := s.trouble(t)
	s.play(t)
	stop()
	s.settles(t)
	s.report(t, events, time.Since(began))
}

// soakSize reads the environment variables.
func soakSize(t *testing.T) (events int, seed uint64) {
	t.Helper()
	events, seed = fewEvents, rand.Uint64N(1_000_000)
	if text := os.Getenv(soakEvents); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 100 {
			t.Fatalf("%s is %q, want a number of at least 100", soakEvents, text)
		}
		events = n
	}
	if text := os.Getenv(soakSeed); text != "" {
		n, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("%s: %v", soakSeed, err)
		}
		seed = n
	}
	t.Logf("%d events, seed %d", events, seed)
	return events, seed
}

// soaked deploys the stack with a proxy between the function and the emulator.
func soaked(t *testing.T, seed uint64) *soak {
	t.Helper()
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("the processes of the function are found in /proc, which this system does not have")
	}
	f := &faults{apart: commitsApart}
	proxy := awstest.NewProxy(t, f.decide)
	s := &soak{faults: f, seed: seed, over: make(chan struct{})}
	started := func(cmd *exec.Cmd) { f.emulator = func() int { return cmd.Process.Pid } }
	// What the emulator records of calls is not needed, and takes time.
	s.stack = deployed(t, started, awstest.Env("AWS_ENDPOINT_URL", proxy.URL), awstest.Env("CLOUDTRAIL_RECORDING", "0"), awstest.Env("TEST_CALLS", ""))
	proxy.To(s.endpoint)
	_, err := s.sqs.SetQueueAttributes(t.Context(), &sqs.SetQueueAttributesInput{QueueUrl: aws.String(s.outputs["QueueUrl"]), Attributes: map[string]string{
		string(sqstypes.QueueAttributeNameVisibilityTimeout): strconv.Itoa(int(soakHidden.Seconds())),
	}})
	must(t, err)
	s.all = s.listen(t)
	return s
}

// trouble has faults happen and ticks come, until what it gives is called and everything works again.
func (s *soak) trouble(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var all sync.WaitGroup
	rounds := moreRounds
	if s.few {
		rounds, s.faults.apart = 1, fewCommitsApart
	}
	all.Go(func() {
		s.faults.happen(ctx, rand.New(rand.NewPCG(s.seed, 0)), rounds)
		if s.few {
			s.release(ctx)
		}
	})
	ticks, end := context.WithCancel(t.Context())
	var ticking sync.WaitGroup
	ticking.Go(func() {
		for wait(ticks, soakTick) {
			s.tryTick(ticks)
		}
	})
	t.Cleanup(func() { end(); ticking.Wait() })
	return func() {
		cancel()
		all.Wait()
	}
}

// release lets the lease of the outbox pass at once, as ageSweep does with the day of a sweep, until the context ends.
func (s *soak) release(ctx context.Context) {
	table := aws.String(s.outputs["TableName"])
	for wait(ctx, time.Second) {
		left, err := dynamostore.New(s.dynamodb, *table, time.Now).Outbox(ctx, time.Now().Add(time.Hour))
		if err != nil {
			continue
		}
		for _, o := range left {
			if time.Since(o.Created) < soakTick {
				continue // Whoever committed it may be about to publish it.
			}
			_, err := s.dynamodb.UpdateItem(ctx, &dynamodb.UpdateItemInput{
				TableName: table, UpdateExpression: aws.String("SET leased = :then"), ConditionExpression: aws.String("attribute_exists(leased)"),
				Key:                       map[string]dbtypes.AttributeValue{"pk": &dbtypes.AttributeValueMemberS{Value: "MSG#" + o.ID}, "sk": &dbtypes.AttributeValueMemberS{Value: "MSG"}},
				ExpressionAttributeValues: map[string]dbtypes.AttributeValue{":then": &dbtypes.AttributeValueMemberN{Value: "0"}},
			})
			if err == nil {
				s.faults.repeats.Add(1)
			}
		}
	}
}

// tryTick ticks as the schedule does. Where the function fails, the next tick does the same.
func (s *soak) tryTick(ctx context.Context) {
	_, _ = s.lambda.Invoke(ctx, &lambda.InvokeInput{FunctionName: aws.String(s.outputs["FunctionName"]), Payload: []byte(deploy.Tick)})
}

// wait waits; false where the context ended.
func wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-time.After(d):
		return true
	}
}

// play plays all actors, a number of them at a time.
func (s *soak) play(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go s.watchOver(ctx)
	places := make(chan struct{}, atOnce)
	errs := make(chan error, len(s.actors))
	var all sync.WaitGroup
	for _, a := range s.actors {
		places <- struct{}{}
		all.Go(func() {
			defer func() { <-places }()
			errs <- a.play(ctx, s)
		})
	}
	all.Wait()
	close(errs)
	for err := range errs {
		if err != nil {
			t.Errorf("play: %v", err)
		}
	}
}

// watchOver notices when nothing is under way any more although something is waited for: that is lost.
func (s *soak) watchOver(ctx context.Context) {
	still := 0
	for wait(ctx, 2*time.Second) {
		s.mu.Lock()
		sent := s.sent
		s.mu.Unlock()
		if !s.idle(ctx) || sent != s.sentNow() {
			still = 0
			continue
		}
		if still++; still == 10 {
			close(s.over)
			return
		}
	}
}

func (s *soak) sentNow() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// idle tells whether the queues and the outbox are empty.
func (s *soak) idle(ctx context.Context) bool {
	for _, url := range []string{s.outputs["QueueUrl"], s.inbox} {
		counts, err := s.countsOf(ctx, url)
		if err != nil || slices.ContainsFunc(counts, func(n string) bool { return n != "0" }) {
			return false
		}
	}
	left, err := dynamostore.New(s.dynamodb, s.outputs["TableName"], time.Now).Outbox(ctx, time.Now().Add(time.Hour))
	return err == nil && len(left) == 0
}

// settles waits until everything that is under way is done.
func (s *soak) settles(t *testing.T) {
	t.Helper()
	awstest.Eventually(t, func() bool { return s.idle(t.Context()) }, func() string { return "the queue or the outbox does not become empty" })
}
