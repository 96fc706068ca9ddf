package awsaccount

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

const (
	// askedSingly is how many qualifiers of a function are asked for their mappings one by one. The API reference does not say
	// whether an unqualified name stands for its aliases too, so each is asked for; where there are more, or where they are
	// not known, the Region's mappings are listed instead.
	askedSingly = 8
	// longestName is how long the name may be that ListEventSourceMappings takes, its qualifier included.
	longestName = 140
)

// sources are event source mappings by the function's unqualified ARN; why says why they are not known.
type sources struct {
	byFunction map[string][]role.Source
	why        role.Reason
	read       time.Time
}

// of are a function's own, in the same order however they were listed.
func (s sources) of(arn string) role.Maybe[[]role.Source] {
	if s.why.Given() {
		return role.NotRead[[]role.Source](s.why)
	}
	own := slices.Clone(s.byFunction[arn])
	slices.SortFunc(own, func(a, b role.Source) int { return strings.Compare(a.UUID, b.UUID) })
	return role.Have(own)
}

// list adds the mappings of what goes by a name, each once; without a name, all of the Region.
func (s *sources) list(ctx context.Context, client lambdaAPI, name string) error {
	in := &lambda.ListEventSourceMappingsInput{}
	if name != "" {
		in.FunctionName = aws.String(name)
	}
	pages := lambda.NewListEventSourceMappingsPaginator(client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		why, refused := Refused("lambda:ListEventSourceMappings", err)
		switch {
		case missing(err):
			return nil
		case refused:
			s.why = why
			return nil
		case err != nil:
			return fmt.Errorf("lambda:ListEventSourceMappings %s: %w", name, err)
		}
		for i := range page.EventSourceMappings {
			arn, one, ok := sourceOf(&page.EventSourceMappings[i])
			known := func(other role.Source) bool { return other.UUID == one.UUID && one.UUID != "" }
			if ok && !(name != "" && slices.ContainsFunc(s.byFunction[arn], known)) {
				s.byFunction[arn] = append(s.byFunction[arn], one)
			}
		}
	}
	return nil
}

// functionSources are the event source mappings of one function, whatever qualifier they name.
func (a *Account) functionSources(ctx context.Context, client lambdaAPI, versions []role.Function, named aliases) (sources, error) {
	if !a.opts.Facts.Sources {
		return sources{why: whyNotAsked}, nil
	}
	s := sources{byFunction: map[string][]role.Source{}}
	for _, name := range mappingNames(versions, named) {
		if err := s.list(ctx, client, name); err != nil || s.why.Given() {
			return s, err
		}
	}
	return s, nil
}

// mappingNames are the names to ask for, or the empty one for a whole Region.
func mappingNames(versions []role.Function, named aliases) []string {
	region := []string{""}
	name := versions[0].Name()
	names := []string{name}
	for _, f := range versions {
		names = append(names, name+":"+f.Version)
	}
	for _, alias := range named.names {
		names = append(names, name+":"+alias)
	}
	tooLong := func(name string) bool { return len(name) > longestName }
	if !named.known() || len(names) > askedSingly || slices.ContainsFunc(names, tooLong) {
		return region
	}
	return names
}

// regionSources lists a Region's mappings once for the pages that its functions fill.
func (a *Account) regionSources(ctx context.Context, client lambdaAPI, region string) (sources, error) {
	if !a.opts.Facts.Sources {
		return sources{why: whyNotAsked}, nil
	}
	now := a.opts.Now()
	a.mu.Lock()
	known, ok := a.sources[region]
	a.mu.Unlock()
	if ok && now.Sub(known.read) < listedFor {
		return known, nil
	}
	s := sources{byFunction: map[string][]role.Source{}, read: now}
	if err := s.list(ctx, client, ""); err != nil {
		return s, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.sources[region] = s
	return s, nil
}
