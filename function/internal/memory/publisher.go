package memory

import (
	"context"
	"slices"
	"sync"

	"github.com/rolewatch/rolewatch/function/internal/message"
)

// Publisher takes what would go to the topics. It is safe for concurrent use.
type Publisher struct {
	tell func(message.Outgoing) error

	mu   sync.Mutex
	sent []message.Outgoing
}

// NewPublisher hands everything published to tell, whose error is Publish's. Without tell it keeps it for Sent.
func NewPublisher(tell func(message.Outgoing) error) *Publisher { return &Publisher{tell: tell} }

// Publish tells, or keeps, what goes out.
func (p *Publisher) Publish(ctx context.Context, out message.Outgoing) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.tell != nil {
		return p.tell(out)
	}
	p.sent = append(p.sent, out)
	return nil
}

// Sent is what was published and kept, in order.
func (p *Publisher) Sent() []message.Outgoing {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.sent)
}
