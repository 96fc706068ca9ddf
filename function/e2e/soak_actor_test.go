package e2e

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	ebtypes "github.com/aws/aws-sdk-go-v2/service/eventbridge/types"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
)

const (
	administrator = "arn:aws:iam::aws:policy/AdministratorAccess"
	allowsAll     = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}`
	passesAll     = `{"Version":"2012-10-17","Statement":[{"Sid":"Pass","Effect":"Allow","Action":"iam:PassRole","Resource":"*"}]}`
	teamRoles     = 25
)

// actor changes one role, or one policy of many roles, and waits for the report of each change before the next.
type actor struct {
	roles  []string
	steps  []step
	wanted []string
	random *rand.Rand
	// last are the records of the last step.
	last []string
}

// step is a change, what is reported of each role of the actor, and the records of the change.
type step struct {
	report string
	do     func(ctx context.Context, s *soak) (record string, err error)
}

// makeActors makes the actors and their roles, so many that there are this many events: a change comes with at least half an event more.
func (s *soak) makeActors(t *testing.T, events int) {
	t.Helper()
	planned := 0
	for i := 0; planned < events; i++ {
		a := &actor{random: rand.New(rand.NewPCG(s.seed, uint64(i+1)))}
		if i%20 == 4 { // So that few events have one, too.
			a.team(t, s, i)
		} else {
			a.alone(t, s, i)
		}
		s.actors = append(s.actors, a)
		planned += len(a.steps) * 3 / 2
	}
}

// alone changes one role in four ways, each twice at most: a finding that opens a third time in a quarter of an hour is flapping.
func (a *actor) alone(t *testing.T, s *soak, i int) {
	name := fmt.Sprintf("soak-%d", i)
	a.roles = []string{name}
	s.makeRole(t, name, goodTrust)
	s.makeFunction(t, name+"-function", name)
	pairs := [][2]step{
		{{"opened RW103", a.trust(badTrust)}, {"resolved RW103", a.trust(goodTrust)}},
		{{"opened RW302", a.attach}, {"resolved RW302", a.detach}},
		{{"opened RW301", a.putInline("all", allowsAll)}, {"resolved RW301", a.deleteInline("all")}},
		{{"opened RW304", a.putInline("pass", passesAll)}, {"resolved RW304", a.deleteInline("pass")}},
	}
	if !s.few {
		pairs = append(pairs, pairs...)
	}
	a.random.Shuffle(len(pairs), func(i, j int) { pairs[i], pairs[j] = pairs[j], pairs[i] })
	for _, p := range pairs {
		a.steps = append(a.steps, p[:]...)
	}
}

// team changes a policy that is attached to many roles.
func (a *actor) team(t *testing.T, s *soak, i int) {
	arn := awstest.MakePolicy(t, s.iam, fmt.Sprintf("soak-%d", i), writesLogs)
	for n := range teamRoles {
		name := fmt.Sprintf("soak-%d-%d", i, n)
		a.roles = append(a.roles, name)
		s.makeRole(t, name, goodTrust)
		s.makeFunction(t, name+"-function", name)
		_, err := s.iam.AttachRolePolicy(t.Context(), &iam.AttachRolePolicyInput{RoleName: &name, PolicyArn: &arn})
		must(t, err)
	}
	version := func(document string) func(context.Context, *soak) (string, error) {
		return func(ctx context.Context, s *soak) (string, error) {
			out, err := s.iam.CreatePolicyVersion(ctx, &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: &document, SetAsDefault: true})
			if err != nil {
				return "", err
			}
			return record("CreatePolicyVersion", map[string]any{"policyArn": arn, "policyDocument": document, "setAsDefault": true}, map[string]any{
				"responseElements": map[string]any{"policyVersion": map[string]any{"versionId": *out.PolicyVersion.VersionId, "isDefaultVersion": true}},
			}), nil
		}
	}
	for range 2 {
		a.steps = append(a.steps, step{"opened RW304", version(passesAll)}, step{"resolved RW304", version(writesLogs)})
	}
}

func (a *actor) trust(document string) func(context.Context, *soak) (string, error) {
	return func(ctx context.Context, s *soak) (string, error) {
		_, err := s.iam.UpdateAssumeRolePolicy(ctx, &iam.UpdateAssumeRolePolicyInput{RoleName: &a.roles[0], PolicyDocument: &document})
		return record("UpdateAssumeRolePolicy", map[string]any{"roleName": a.roles[0], "policyDocument": document}), err
	}
}

func (a *actor) attach(ctx context.Context, s *soak) (string, error) {
	_, err := s.iam.AttachRolePolicy(ctx, &iam.AttachRolePolicyInput{RoleName: &a.roles[0], PolicyArn: aws.String(administrator)})
	return record("AttachRolePolicy", map[string]any{"roleName": a.roles[0], "policyArn": administrator}), err
}

func (a *actor) detach(ctx context.Context, s *soak) (string, error) {
	_, err := s.iam.DetachRolePolicy(ctx, &iam.DetachRolePolicyInput{RoleName: &a.roles[0], PolicyArn: aws.String(administrator)})
	return record("DetachRolePolicy", map[string]any{"roleName": a.roles[0], "policyArn": administrator}), err
}

func (a *actor) putInline(name, document string) func(context.Context, *soak) (string, error) {
	return func(ctx context.Context, s *soak) (string, error) {
		_, err := s.iam.PutRolePolicy(ctx, &iam.PutRolePolicyInput{RoleName: &a.roles[0], PolicyName: &name, PolicyDocument: &document})
		return record("PutRolePolicy", map[string]any{"roleName": a.roles[0], "policyName": name, "policyDocument": document}), err
	}
}

func (a *actor) deleteInline(name string) func(context.Context, *soak) (string, error) {
	return func(ctx context.Context, s *soak) (string, error) {
		_, err := s.iam.DeleteRolePolicy(ctx, &iam.DeleteRolePolicyInput{RoleName: &a.roles[0], PolicyName: &name})
		return record("DeleteRolePolicy", map[string]any{"roleName": a.roles[0], "policyName": name}), err
	}
}

// play does the steps, each once the one before is reported. It gives up where nothing is under way any more.
func (a *actor) play(ctx context.Context, s *soak) error {
	for i, step := range a.steps {
		if s.few && !s.faults.reaches(ctx, s.over, i*len(dependencies)/len(a.steps)) {
			return cmp.Or(ctx.Err(), fmt.Errorf("%s of %s: outage %d does not begin", step.report, a.roles[0], i*len(dependencies)/len(a.steps)))
		}
		record, err := step.do(ctx, s)
		if err != nil {
			return fmt.Errorf("%s of %s: %w", step.report, a.roles[0], err)
		}
		sent := time.Now()
		if err := a.send(ctx, s, record); err != nil {
			return err
		}
		a.wanted = append(a.wanted, step.report)
		for !a.reported(s) {
			select {
			case <-s.over:
				got, _ := s.transitions(a.roles[0])
				s.mu.Lock()
				s.lost = append(s.lost, fmt.Sprintf("%s: %q, want %q", a.roles[0], got, a.wanted))
				s.mu.Unlock()
				return nil
			case <-ctx.Done():
				return ctx.Err()
			case <-time.After(50 * time.Millisecond):
			}
		}
		s.mu.Lock()
		for _, name := range a.roles {
			s.took = append(s.took, s.all.cameAt(name).Sub(sent))
		}
		s.mu.Unlock()
	}
	return nil
}

// reported tells whether the last step of every role was reported.
func (a *actor) reported(s *soak) bool {
	return !slices.ContainsFunc(a.roles, func(name string) bool {
		got, _ := s.transitions(name)
		return len(got) < len(a.wanted)
	})
}

// send puts the records of a change on the bus, with others around it: a copy of it, one of the step before that comes late, changes that
// no check is about, one of a call that is not listed, and rarely what nothing can read.
func (a *actor) send(ctx context.Context, s *soak, change string) error {
	list := []string{change}
	if a.random.Float64() < 0.15 {
		list = append(list, change)
	}
	if len(a.last) > 0 && a.random.Float64() < 0.15 {
		list = append(list, a.last...)
	}
	name := a.roles[a.random.IntN(len(a.roles))]
	if a.random.Float64() < 0.2 {
		list = append(list, record("TagRole", map[string]any{"roleName": name, "tags": []any{map[string]any{"key": "team", "value": "blue"}}}))
	}
	if a.random.Float64() < 0.2 {
		function := name + "-function"
		list = append(list, record("UpdateFunctionConfiguration20150331v2", map[string]any{"functionName": function, "timeout": 30}, map[string]any{
			"responseElements": map[string]any{"functionName": function, "functionArn": functionARN(function), "role": roleARN(name), "version": "$LATEST"},
		}))
	}
	if a.random.Float64() < 0.1 {
		list = append(list, record("CreateUser", map[string]any{"userName": "ann"}))
	}
	a.random.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	a.last = []string{change}
	if a.random.Float64() < 0.01 {
		if _, err := s.sqs.SendMessage(ctx, &sqs.SendMessageInput{QueueUrl: aws.String(s.outputs["QueueUrl"]), MessageBody: aws.String(`{"eventSource":"iam.amazonaws.com"` + "<truncated")}); err != nil {
			return err
		}
		s.mu.Lock()
		s.planted++
		s.sent++
		s.mu.Unlock()
	}
	return s.putAll(ctx, list)
}

// putAll puts records on the default bus.
func (s *soak) putAll(ctx context.Context, records []string) error {
	in := &eventbridge.PutEventsInput{}
	for _, r := range records {
		var head struct {
			Name string `json:"eventName"`
		}
		if err := json.Unmarshal([]byte(r), &head); err != nil {
			return err
		}
		in.Entries = append(in.Entries, ebtypes.PutEventsRequestEntry{
			Source: aws.String("aws." + sourceOf(head.Name)), DetailType: aws.String("AWS API Call via CloudTrail"), Detail: aws.String(r),
		})
	}
	out, err := s.events.PutEvents(ctx, in)
	if err != nil {
		return err
	}
	if out.FailedEntryCount > 0 {
		return errors.New("the bus took not every record: " + strings.Join(records, "\n"))
	}
	s.mu.Lock()
	s.sent += len(records)
	s.mu.Unlock()
	return nil
}
