package simulate

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/smithy-go"
)

// calls is what calls of AWS take, and the rate at which IAM answers an account.
type calls struct {
	p   Parameters
	now func() time.Time

	mu     sync.Mutex
	random *rand.Rand
	// rates are the token buckets of IAM, by account, and most is the highest number of its calls that an account answered in a second.
	rates map[string]*rate
	total struct{ iam, lambda, throttled int }
	most  int
}

// rate is a token bucket, and the calls of the present second.
type rate struct {
	tokens float64
	at     time.Time
	second int64
	count  int
}

func newCalls(p Parameters, now func() time.Time) *calls {
	return &calls{p: p, now: now, random: rand.New(rand.NewPCG(p.Seed, 7)), rates: map[string]*rate{}}
}

// restart forgets what was counted.
func (c *calls) restart() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total.iam, c.total.lambda, c.total.throttled, c.most = 0, 0, 0, 0
}

// wait takes a latency, of which the parameter is the median: the logarithm of latencies is about normally distributed.
func (c *calls) wait(ctx context.Context, median time.Duration) error {
	c.mu.Lock()
	d := time.Duration(float64(median) * math.Exp(c.random.NormFloat64()*c.p.Spread))
	c.mu.Unlock()
	return sleep(ctx, d)
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// attempts and longestWait are those of the SDK as package awsaccount configures it.
const (
	attempts    = 6
	longestWait = 20 * time.Second
)

// iam is a call of IAM in an account. One that is throttled is repeated as the SDK does it.
func (c *calls) iam(ctx context.Context, a *account) error {
	for attempt := range attempts {
		if err := c.wait(ctx, c.p.IAM); err != nil {
			return err
		}
		if c.granted(a.id) {
			return nil
		}
		c.mu.Lock()
		backoff := time.Duration(c.random.Float64() * float64(min(longestWait, time.Second<<attempt)))
		c.mu.Unlock()
		if attempt == attempts-1 {
			break
		}
		if err := sleep(ctx, backoff); err != nil {
			return err
		}
	}
	return &smithy.GenericAPIError{Code: "Throttling", Message: "Rate exceeded"}
}

// granted takes a token of an account's bucket.
func (c *calls) granted(account string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.now()
	r := c.rates[account]
	if r == nil {
		r = &rate{tokens: c.p.IAMBurst, at: now}
		c.rates[account] = r
	}
	r.tokens = min(c.p.IAMBurst, r.tokens+now.Sub(r.at).Seconds()*c.p.IAMRate)
	r.at = now
	if now.Unix() != r.second {
		r.second, r.count = now.Unix(), 0
	}
	r.count++
	c.most = max(c.most, r.count)
	c.total.iam++
	if r.tokens < 1 {
		c.total.throttled++
		return false
	}
	r.tokens--
	return true
}

// lambda is a call of Lambda in an account. Its documented rates are far above what is asked:
// https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
func (c *calls) lambda(ctx context.Context, _ *account) error {
	c.mu.Lock()
	c.total.lambda++
	c.mu.Unlock()
	return c.wait(ctx, c.p.Lambda)
}
