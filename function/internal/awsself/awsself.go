// Package awsself reads what rolewatch consists of in an account: its stacks, rules, queues, topics, function and table, and the
// trails that deliver records. It judges nothing, changes nothing, and gives what it could not read as unknown.
package awsself

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"
	"github.com/aws/smithy-go"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/awsaccount"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/selfcheck"
)

// Options say which deployment is read.
type Options struct {
	// Stack is the name of the home stack.
	Stack              string
	Partition, Account string
	Home               string
	// Table is the name of the table; empty for the one that the stack made.
	Table string
	// Watched are the Regions whose functions are watched.
	Watched []string
	Now     func() time.Time
}

// Reader reads a deployment. It is safe for concurrent use.
type Reader struct {
	cfg aws.Config
	Options
}

// New reads with this configuration, in every Region with its own client.
func New(cfg aws.Config, o Options) *Reader { return &Reader{cfg: cfg, Options: o} }

// most is how many calls are made at a time.
const most = 8

// run is one reading.
type run struct {
	*Reader
	facts *selfcheck.Facts
	limit chan struct{}
	mu    sync.Mutex
	// main is the home stack with its resources alone: the stack itself is read further meanwhile.
	main selfcheck.Stack
}

// Read reads everything within the time of the context. What it cannot read in that time is unknown.
func (r *Reader) Read(ctx context.Context) *selfcheck.Facts {
	now := &run{Reader: r, facts: &selfcheck.Facts{
		Now: r.Now(), Partition: r.Partition, Account: r.Account, Home: r.Home, Watched: r.Watched,
	}, limit: make(chan struct{}, most)}
	now.stacks(ctx)
	now.main = now.facts.Stacks[0]
	var all sync.WaitGroup
	for i := range now.facts.Stacks {
		all.Go(func() { now.inStack(ctx, &now.facts.Stacks[i]) })
	}
	all.Go(func() { now.trails(ctx) })
	all.Go(func() { now.home(ctx) })
	all.Wait()
	return now.facts
}

// stacks reads what the stacks consist of, of all Regions at the same time.
func (r *run) stacks(ctx context.Context) {
	regions := append([]string{r.Home}, slices.DeleteFunc(r.facts.Regions(), func(region string) bool { return region == r.Home })...)
	r.facts.Stacks = make([]selfcheck.Stack, len(regions))
	var all sync.WaitGroup
	for i, region := range regions {
		name := r.Stack
		if i > 0 {
			name = r.Stack + strings.TrimPrefix(deploy.RulesStackName(region), deploy.StackName)
		}
		r.facts.Stacks[i] = selfcheck.Stack{Name: name, Region: region}
		all.Go(func() { r.facts.Stacks[i].Resources = r.resources(ctx, name, region) })
	}
	all.Wait()
}

func (r *run) resources(ctx context.Context, stack, region string) role.Maybe[[]selfcheck.Resource] {
	client := cloudformation.NewFromConfig(r.cfg, func(o *cloudformation.Options) { o.Region = region })
	var out []selfcheck.Resource
	pages := cloudformation.NewListStackResourcesPaginator(client, &cloudformation.ListStackResourcesInput{StackName: &stack})
	for pages.HasMorePages() {
		page := called(r, "cloudformation:ListStackResources", region, func() (*cloudformation.ListStackResourcesOutput, error) { return pages.NextPage(ctx) })
		list, known := page.Get()
		if !known {
			return failed[[]selfcheck.Resource](page)
		}
		for _, s := range list.StackResourceSummaries {
			out = append(out, selfcheck.Resource{
				ID: aws.ToString(s.LogicalResourceId), Type: aws.ToString(s.ResourceType), Name: aws.ToString(s.PhysicalResourceId),
			})
		}
	}
	return role.Have(out)
}

// called makes a call, one of a few at a time, and notes how it went. What does not exist is absent.
func called[T any](r *run, name, region string, call func() (*T, error)) role.Maybe[*T] {
	r.limit <- struct{}{}
	out, err := call()
	<-r.limit
	var answer role.Maybe[*T]
	c := selfcheck.Call{Name: name, Region: region}
	switch why, refused := refusal(name, err); {
	case err == nil:
		answer = role.Have(out)
	case absent(err):
		answer = role.None[*T]()
	case refused:
		c.Refused = why
		answer = role.NotRead[*T](why)
	default:
		c.Failed = strings.Join(strings.Fields(err.Error()), " ")
		answer = role.NotRead[*T](role.Because(fmt.Sprintf("%s in %s failed: %s", name, region, c.Failed)))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	i := slices.IndexFunc(r.facts.Calls, func(o selfcheck.Call) bool { return o.Name == name && o.Region == region })
	if i < 0 {
		r.facts.Calls = append(r.facts.Calls, c)
	} else if c.Refused.Given() || c.Failed != "" {
		r.facts.Calls[i] = c
	}
	return answer
}

// failed is an answer that is absent or unknown as one of another type.
func failed[T, F any](m role.Maybe[F]) role.Maybe[T] {
	if m.State() == role.Absent {
		return role.None[T]()
	}
	return role.NotRead[T](m.Reason())
}

// code is the error code of AWS's answer.
func code(err error) (code, message string) {
	var e smithy.APIError
	if errors.As(err, &e) {
		return e.ErrorCode(), e.ErrorMessage()
	}
	return "", ""
}

// absent tells whether AWS says that something does not exist, in the words of each service.
func absent(err error) bool {
	switch c, message := code(err); c {
	case "ResourceNotFoundException", "NotFound", "NotFoundException", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue", "TrailNotFoundException":
		return true
	case "ValidationError":
		return strings.Contains(message, "does not exist")
	}
	return false
}

// refusal tells whether a call fails however often it is repeated. SNS has an error code of its own for a call that is denied.
func refusal(name string, err error) (role.Reason, bool) {
	if c, _ := code(err); c == "AuthorizationError" || c == "AuthorizationErrorException" {
		return role.Denied(name), true
	}
	return awsaccount.Refused(name, err)
}

// arn is the ARN of a resource of the account.
func (r *Reader) arn(service, region, resource string) string {
	return awsfacts.ARN{Partition: r.Partition, Service: service, Region: region, Account: r.Account, Resource: resource}.String()
}
