package watch

import (
	"context"
	"fmt"
	"slices"

	"github.com/rolewatch/rolewatch/events"
	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// resolveProvider adds the operator role that a capacity provider has, or had before it was deleted. A record that does not name its
// capacity provider may be of any in its Region.
func (w *Watch) resolveProvider(ctx context.Context, e *entry, c *events.Change) error {
	if ref, err := role.ParseRef(c.Provider.Role); err == nil {
		e.add(ref)
	}
	before, err := w.Account.Providers(ctx, "")
	if err != nil {
		return fmt.Errorf("list capacity providers: %w", err)
	}
	now, err := w.Account.Providers(ctx, c.Region)
	if err != nil {
		return fmt.Errorf("list capacity providers: %w", err)
	}
	for _, p := range slices.Concat(before.List, now.List) {
		arn, _ := aws.ParseARN(p.ARN)
		is := p.ARN == c.Provider.ARN || c.Provider.ARN == "" && arn.Region == c.Region
		if ref, err := role.ParseRef(p.Role); err == nil && is {
			e.add(ref)
		}
	}
	return nil
}

// operatorRoles notes the roles that capacity providers name.
func (w *Watch) operatorRoles(ctx context.Context, known map[string]roleRef) error {
	all, err := w.Account.Providers(ctx, "")
	if err != nil {
		return fmt.Errorf("list capacity providers: %w", err)
	}
	for _, p := range all.List {
		if ref, err := role.ParseRef(p.Role); err == nil {
			known[ref.Key()] = ref
		}
	}
	return nil
}
