package awsaccount

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda"

	"github.com/rolewatch/rolewatch/function/internal/role"
)

// listedFor is how long it is taken for granted what was read of a Region while its functions are listed: pages follow one
// another, and an event may have told of something newer meanwhile.
const listedFor = 2 * time.Minute

// aliases are a function's as they were read; why says why they are not known.
type aliases struct {
	names     []string
	byVersion map[string][]string
	why       role.Reason
	read      time.Time
}

func (l aliases) known() bool { return !l.why.Given() }

// wantsAliases tells whether something hangs on a function's aliases: which name leads to a numbered version, and what is
// configured under an alias, which may lead to $LATEST too.
func (a *Account) wantsAliases(versions []role.Function) bool {
	f := a.opts.Facts
	return slices.ContainsFunc(versions, published) || f.Sources || f.Destinations || f.Policies || f.URLs
}

// aliasesOf reads a function's aliases once, however many pages its versions fill.
func (a *Account) aliasesOf(ctx context.Context, client lambdaAPI, f role.Function) (aliases, error) {
	a.mu.Lock()
	known, ok := a.aliases[f.ARN]
	a.mu.Unlock()
	if ok && a.opts.Now().Sub(known.read) < listedFor {
		return known, nil
	}
	return a.freshAliases(ctx, client, f)
}

// freshAliases reads a function's aliases, for the pages that follow too.
func (a *Account) freshAliases(ctx context.Context, client lambdaAPI, f role.Function) (aliases, error) {
	now := a.opts.Now()
	read, err := readAliases(ctx, client, f.Name())
	if err != nil {
		return aliases{}, err
	}
	read.read = now
	a.mu.Lock()
	defer a.mu.Unlock()
	a.aliases[f.ARN] = read
	return read, nil
}

// readAliases reads which aliases point to which version; one that splits its traffic points to two.
func readAliases(ctx context.Context, client lambdaAPI, name string) (aliases, error) {
	out := aliases{byVersion: map[string][]string{}}
	pages := lambda.NewListAliasesPaginator(client, &lambda.ListAliasesInput{FunctionName: aws.String(name)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		why, refused := Refused("lambda:ListAliases", err)
		switch {
		case missing(err):
			return aliases{}, nil
		case refused:
			return aliases{why: why}, nil
		case err != nil:
			return aliases{}, fmt.Errorf("lambda:ListAliases of %s: %w", name, err)
		}
		for _, alias := range page.Aliases {
			out.names = append(out.names, aws.ToString(alias.Name))
			targets := map[string]bool{aws.ToString(alias.FunctionVersion): true}
			if alias.RoutingConfig != nil {
				for v := range alias.RoutingConfig.AdditionalVersionWeights {
					targets[v] = true
				}
			}
			for v := range targets {
				out.byVersion[v] = append(out.byVersion[v], aws.ToString(alias.Name))
			}
		}
	}
	slices.Sort(out.names)
	for _, names := range out.byVersion {
		slices.Sort(names)
	}
	return out, nil
}
