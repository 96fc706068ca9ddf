package history

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// Markers of pages: those of the base carry its own marker, and what records have touched comes last.
const (
	baseMarker    = "base:"
	recordsMarker = "records"
)

// RolePage reads roles with all their parts. Without a base there is no list of roles: records name only some.
func (a *Account) RolePage(ctx context.Context, marker string) ([]role.Snapshot, string, error) {
	if a.base == nil {
		return nil, "", fmt.Errorf("list roles: CloudTrail records name only some: %w", role.ErrUnread)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if marker == recordsMarker {
		var page []role.Snapshot
		for _, key := range slices.Sorted(maps.Keys(a.roles)) {
			if r := a.roles[key]; r.identity.State() == role.Known {
				page = append(page, a.snapshot(r.ref, r))
			}
		}
		return page, "", nil
	}
	all, next, err := a.base.RolePage(ctx, strings.TrimPrefix(marker, baseMarker))
	if err != nil {
		return nil, "", err
	}
	page := slices.DeleteFunc(slices.Clone(all), func(s role.Snapshot) bool { return a.roles[s.Ref.Key()] != nil })
	if len(a.blurs) > 0 || a.organization.why.Given() {
		for i, s := range page {
			page[i] = a.snapshot(s.Ref, newRoleRecord(s.Ref, s))
		}
	}
	return page, following(next), nil
}

// FunctionPage reads function versions of one Region, likewise: without a base those that records name, with role.ErrUnread.
func (a *Account) FunctionPage(ctx context.Context, region, marker string) ([]role.Function, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var unlisted error
	if a.base == nil {
		unlisted = fmt.Errorf("list functions: CloudTrail records name only some: %w", role.ErrUnread)
	}
	if marker == recordsMarker || a.base == nil {
		var page []role.Function
		for _, arn := range slices.Sorted(maps.Keys(a.functions)) {
			if parsed, err := aws.ParseARN(arn); err == nil && parsed.Region == region {
				versions, err := a.versions(a.functions[arn])
				if err != nil && !errors.Is(err, role.ErrUnread) {
					return nil, "", err
				}
				page = append(page, versions...)
			}
		}
		return page, "", unlisted
	}
	all, next, err := a.base.FunctionPage(ctx, region, strings.TrimPrefix(marker, baseMarker))
	if err != nil {
		return nil, "", err
	}
	page := slices.DeleteFunc(slices.Clone(all), func(f role.Function) bool { return a.functions[f.ARN] != nil })
	return a.blurredPage(page), following(next), nil
}

// blurredPage is a page of the base's functions, less what records may have changed since.
func (a *Account) blurredPage(page []role.Function) []role.Function {
	if len(a.blurs) == 0 {
		return page
	}
	var out []role.Function
	for _, versions := range role.ByFunction(page) {
		known, _ := a.versions(functionOf(versions[0].ARN, versions))
		out = append(out, known...)
	}
	return out
}

func following(next string) string {
	if next == "" {
		return recordsMarker
	}
	return baseMarker + next
}
