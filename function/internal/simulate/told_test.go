package simulate

import (
	"context"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/go-json-experiment/json"
)

// told is what people are told of the risks: a topic of SNS that knows which are still to come.
type told struct {
	wait func(context.Context) error

	mu sync.Mutex
	// open are the risks that were made, by the ARN of the role, and not reported yet.
	open map[string]risk
	// done are those that were reported.
	done []reported
	// lost counts risks that ended before they were reported.
	lost int
	// sends counts messages, and operations those about rolewatch itself.
	sends, operations int
}

// risk is a role that became an administrator.
type risk struct {
	at      time.Time
	account string
	burst   bool
}

// reported is a risk, and how long it took to be reported.
type reported struct {
	risk
	after time.Duration
}

func newTold(wait func(context.Context) error) *told {
	return &told{wait: wait, open: map[string]risk{}}
}

func (t *told) expect(role string, r risk) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, waits := t.open[role]; !waits {
		t.open[role] = r
	}
}

// end is for a role that is no administrator any more: a risk that was not reported by then is lost.
func (t *told) end(role string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if _, waits := t.open[role]; waits {
		t.lost++
		delete(t.open, role)
	}
}

// Publish implements the client of SNS.
func (t *told) Publish(ctx context.Context, in *sns.PublishInput, _ ...func(*sns.Options)) (*sns.PublishOutput, error) {
	if err := t.wait(ctx); err != nil {
		return nil, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.sends++
	if *in.TopicArn == operationsTopic {
		t.operations++
		return &sns.PublishOutput{}, nil
	}
	var m struct {
		Opened []struct {
			Check string `json:"check"`
			Role  string `json:"role"`
		} `json:"opened"`
	}
	text := *in.Message
	if in.MessageStructure != nil {
		var forms map[string]string
		if err := json.Unmarshal([]byte(text), &forms); err != nil {
			return nil, err
		}
		text = forms["default"]
	}
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		return nil, err
	}
	for _, f := range m.Opened {
		if r, waits := t.open[f.Role]; waits && f.Check == adminCheck {
			t.done = append(t.done, reported{r, time.Since(r.at)})
			delete(t.open, f.Role)
		}
	}
	return &sns.PublishOutput{}, nil
}
