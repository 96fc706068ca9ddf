package e2e

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"

	"github.com/rolewatch/rolewatch/function/internal/awstest"
	"github.com/rolewatch/rolewatch/function/internal/finding"
	"github.com/rolewatch/rolewatch/function/internal/message"
)

// wideRoles is how many roles one managed policy is attached to.
const wideRoles = 300

func wideName(i int) string { return fmt.Sprintf("wide-%03d", i) }

// makeWide makes the roles with the policy attached, and gives its ARN.
func (s *stack) makeWide(t *testing.T) string {
	t.Helper()
	began := time.Now()
	arn := awstest.MakePolicy(t, s.iam, "wide", writesLogs)
	var wait sync.WaitGroup
	errs := make(chan error, wideRoles)
	for worker := range 8 {
		wait.Go(func() {
			for i := worker; i < wideRoles; i += 8 {
				_, err := s.iam.CreateRole(context.Background(), &iam.CreateRoleInput{RoleName: aws.String(wideName(i)), AssumeRolePolicyDocument: aws.String(goodTrust)})
				if err == nil {
					_, err = s.iam.AttachRolePolicy(context.Background(), &iam.AttachRolePolicyInput{RoleName: aws.String(wideName(i)), PolicyArn: &arn})
				}
				if err != nil {
					errs <- err
					return
				}
			}
		})
	}
	wait.Wait()
	close(errs)
	for err := range errs {
		t.Fatal(err)
	}
	t.Logf("%d roles made in %s", wideRoles, time.Since(began).Round(time.Second))
	return arn
}

// setWide makes a document the default version of the policy, and puts the record of that on the bus.
func (s *stack) setWide(t *testing.T, arn, document string) {
	t.Helper()
	_, err := s.iam.CreatePolicyVersion(context.Background(), &iam.CreatePolicyVersionInput{PolicyArn: &arn, PolicyDocument: &document, SetAsDefault: true})
	must(t, err)
	s.put(t, record("CreatePolicyVersion", map[string]any{"policyArn": arn, "policyDocument": document, "setAsDefault": true}))
}

// wide are the messages for people about the wide roles, in order, and how often machines received what of them, as
// "opened RW301 wide-000".
func (a *told) wide() (people []message.Message, machines map[string]int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	machines = map[string]int{}
	for _, m := range a.messages {
		ofWide := m.Change != nil
		for role, line := range transitions(m) {
			if strings.HasPrefix(message.RoleName(role), "wide-") {
				machines[line+" "+message.RoleName(role)]++
				ofWide = ofWide || m.ChangeID == "" // What is a part of a change is for machines alone.
			}
		}
		if ofWide {
			people = append(people, m)
		}
	}
	slices.SortFunc(people, func(x, y message.Message) int { return x.Time.Compare(y.Time) })
	return people, machines
}

// reportedRoles are how many roles messages for people report with a kind: a later message of one change counts what its earlier ones did.
func reportedRoles(people []message.Message, kind finding.TransitionKind) (roles int) {
	last := map[string]int{}
	for _, m := range people {
		n := 0
		if m.Change == nil {
			for _, line := range transitions(m) {
				if line == string(kind)+" RW301" {
					n++
				}
			}
			roles += n
			continue
		}
		for _, f := range m.Change.Folds {
			if f.Kind == kind && f.Check == "RW301" {
				n += f.Roles
			}
		}
		last[m.ID[:strings.LastIndex(m.ID, "-")]] = n
	}
	for _, n := range last {
		roles += n
	}
	return roles
}

// policyOnManyRoles makes a policy on 300 roles allow everything, and then not: people receive one message of each, or up to three, and
// machines every finding once. More than one is right where a look for another reason, such as one that confirms a change before, sees the
// policy before the slice with the role does: then it reports what it finds of its roles, and the change the rest.
func policyOnManyRoles(t *testing.T, s *stack, all *told, arn string) {
	began := time.Now()
	reported := 0
	for _, step := range []struct {
		document string
		kind     finding.TransitionKind
		first    string
	}{
		{allowsAll, finding.KindOpened, "CRITICAL: "}, {writesLogs, finding.KindResolved, "RESOLVED: "},
	} {
		s.setWide(t, arn, step.document)
		var people []message.Message
		var machines map[string]int
		awstest.Eventually(t, func() bool {
			people, machines = all.wide()
			n := 0
			for line := range machines {
				if strings.HasPrefix(line, string(step.kind)) {
					n++
				}
			}
			return n >= wideRoles && reportedRoles(people[min(reported, len(people)):], step.kind) >= wideRoles
		}, func() string {
			return fmt.Sprintf("%s: %d findings, messages %q", step.kind, len(machines), summaries(people[min(reported, len(people)):]))
		})
		mine := people[reported:]
		last := mine[len(mine)-1]
		if len(mine) > 3 || !strings.HasPrefix(last.Subject, "[rolewatch] "+step.first) {
			t.Errorf("%s: people received %q", step.kind, summaries(mine))
		}
		if step.kind == finding.KindOpened && !strings.HasSuffix(last.Subject, "by mallory") {
			t.Errorf("the first line does not name the actor: %q", last.Subject)
		}
		t.Logf("%s after %s: %q", step.kind, time.Since(began).Round(time.Second), summaries(mine))
		reported = len(people)
	}
	s.quietButForWaiting(t)
	people, machines := all.wide()
	if len(people) != reported {
		t.Errorf("people received %q", summaries(people))
	}
	for i := range wideRoles {
		for _, line := range []string{"opened RW301 ", "resolved RW301 "} {
			if machines[line+wideName(i)] != 1 {
				t.Errorf("machines received %s%s %d times", line, wideName(i), machines[line+wideName(i)])
			}
			delete(machines, line+wideName(i))
		}
	}
	if len(machines) > 0 {
		t.Errorf("machines received %v in addition", machines)
	}
}

func summaries(list []message.Message) (out []string) {
	for _, m := range list {
		out = append(out, m.Subject)
	}
	return out
}

// quietButForWaiting waits until nothing is under way but what is put off: a change to many roles has work items that wait for a quarter of
// an hour.
func (s *stack) quietButForWaiting(t *testing.T) {
	t.Helper()
	var counts []string
	awstest.Eventually(t, func() bool {
		counts = s.counts(t, s.outputs["QueueUrl"])
		return !slices.ContainsFunc(counts[:2], func(n string) bool { return n != "0" })
	}, func() string { return fmt.Sprintf("%v messages", counts) })
	s.empties(t, s.inbox)
}
