package danger

import (
	"slices"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/deploy"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// sight is something that watches the account, and what takes it away.
type sight struct {
	what    string
	actions []string
	// named are the ends of ARNs of rolewatch's own parts, after service, Region and account; without them any resource is
	// meant that the action takes. Own parts have the name of their stack in front:
	// https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/resources-section-structure.html
	named []string
	// open counts what is allowed on everything too; else only what is allowed on the part and not on everything, since other
	// checks tell that.
	open     bool
	severity check.Severity
}

// sights are what tells of changes in an account, and the parts that rolewatch is made of.
var sights = []sight{
	{what: "CloudTrail's trails", severity: check.Critical, open: true, actions: []string{
		"cloudtrail:StopLogging", "cloudtrail:DeleteTrail", "cloudtrail:UpdateTrail", "cloudtrail:PutEventSelectors",
		"cloudtrail:StopEventDataStoreIngestion", "cloudtrail:DeleteEventDataStore",
	}},
	{what: "EventBridge's rules", severity: check.Critical, open: true, actions: []string{
		"events:DeleteRule", "events:DisableRule", "events:RemoveTargets", "events:PutRule", "events:DeleteEventBus",
	}},
	{what: "log groups", severity: check.High, open: true, actions: []string{"logs:DeleteLogGroup", "logs:DeleteLogStream"}},
	{what: "rolewatch's rules", severity: check.Critical, open: true, named: []string{"rule/" + deploy.StackName + "-" + improbable, "rule/" + deploy.BusName + "/" + deploy.StackName + "-" + improbable},
		actions: []string{"events:DeleteRule", "events:DisableRule", "events:RemoveTargets", "events:PutRule"}},
	{what: "rolewatch's event bus", severity: check.Critical, open: true, named: []string{"event-bus/" + deploy.BusName}, actions: []string{"events:DeleteEventBus"}},
	{what: "rolewatch's queue", severity: check.Critical, open: true, named: []string{deploy.PhysicalName(deploy.QueueID) + improbable},
		actions: []string{"sqs:DeleteQueue", "sqs:PurgeQueue", "sqs:SetQueueAttributes"}},
	{what: "rolewatch's queue", severity: check.Critical, named: []string{deploy.PhysicalName(deploy.QueueID) + improbable}, actions: []string{"sqs:DeleteMessage"}},
	{what: "rolewatch's table", severity: check.Critical, open: true, named: []string{"table/" + deploy.PhysicalName(deploy.TableID) + improbable}, actions: []string{"dynamodb:DeleteTable"}},
	{what: "rolewatch's table", severity: check.Critical, named: []string{"table/" + deploy.PhysicalName(deploy.TableID) + improbable},
		actions: []string{"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:BatchWriteItem"}},
	{what: "rolewatch's topics", severity: check.Critical, open: true, named: []string{deploy.PhysicalName(deploy.FindingsID) + improbable, deploy.PhysicalName(deploy.OperationsID) + improbable},
		actions: []string{"sns:DeleteTopic", "sns:SetTopicAttributes"}},
	{what: "rolewatch's function", severity: check.Critical, open: true, named: []string{"function:" + deploy.PhysicalName(deploy.FunctionID) + improbable},
		actions: []string{"lambda:DeleteFunction", "lambda:PutFunctionConcurrency"}},
	{what: "rolewatch's function", severity: check.Critical, named: []string{"function:" + deploy.PhysicalName(deploy.FunctionID) + improbable},
		actions: []string{"lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration"}},
	{what: "rolewatch's role", severity: check.Critical, named: []string{"role/" + deploy.PhysicalName(deploy.RoleID) + improbable}, actions: []string{
		"iam:DeleteRolePolicy", "iam:PutRolePolicy", "iam:DeleteRole", "iam:UpdateAssumeRolePolicy", "iam:PutRolePermissionsBoundary",
	}},
	{what: "rolewatch's stack", severity: check.Critical, open: true, named: []string{"stack/" + deploy.StackName + "/" + improbable}, actions: []string{"cloudformation:DeleteStack"}},
	{what: "rolewatch's stack", severity: check.Critical, named: []string{"stack/" + deploy.StackName + "/" + improbable}, actions: []string{"cloudformation:UpdateStack"}},
}

// blind fires where the role can stop what watches the account.
func blind(p *check.Pass) {
	j := judgeOf(p.Subject)
	if o := j.opening(); o.everything {
		p.Report(j.blindDiagnostic([]string{"everything that watches the account"}, answer{}, check.Critical, o.statements))
		return
	}
	var whats, hangs []string
	all := answer{decision: policy.Allowed}
	severity := check.Low
	for _, s := range sights {
		for _, action := range s.actions {
			if len(j.allowing(action)) == 0 || len(s.named) > 0 && actions.ServiceOf(action) == "events" && slices.Contains(whats, sights[1].what) {
				continue
			}
			got := j.blinds(s, action)
			switch got.decision {
			case policy.Allowed:
				all, severity = both(all, got), max(severity, got.harm(s))
				if !slices.Contains(whats, s.what) {
					whats = append(whats, s.what)
				}
			case policy.Unknown:
				hangs = append(hangs, got.hangs...)
			}
		}
	}
	if len(whats) > 0 {
		p.Report(j.blindDiagnostic(whats, all, severity, nil))
		return
	}
	if hangs = append(hangs, j.unread()...); len(hangs) > 0 {
		p.Undecided("", distinct(hangs)...)
	}
}

// blinds asks for one action on what it would take away.
func (j *judge) blinds(s sight, action string) answer {
	a, known := actions.Lookup(action)
	if !known {
		return answer{}
	}
	anywhere := j.anywhere(a, nil)
	switch {
	case len(s.named) == 0:
		return anywhere
	case anywhere.decision == policy.Allowed && s.open:
		return anywhere
	case anywhere.decision == policy.Allowed:
		return answer{}
	}
	var best answer
	for _, end := range s.named {
		best = better(best, j.inRegions(func(at scope) answer { return j.ask(action, j.partARN(action, end, at.region), at, nil) }))
	}
	best.named = true
	return best
}

// harm is less for a part of rolewatch that is only among all else.
func (a answer) harm(s sight) check.Severity {
	if len(s.named) > 0 && !a.named {
		return check.High
	}
	return s.severity
}

func (j *judge) partARN(action, end, region string) string {
	service, r := actions.ServiceOf(action), j.subject.Role.Ref
	if aws.IsGlobalService(service) {
		region = ""
	}
	return aws.ARN{Partition: r.Partition, Service: service, Region: region, Account: r.Account, Resource: end}.String()
}

func (j *judge) blindDiagnostic(whats []string, all answer, severity check.Severity, statements []policy.StatementRef) check.Diagnostic {
	r := j.subject.Role
	d := check.Diagnostic{
		Severity: severity, Functions: r.Users.List,
		Title:    r.Ref.Name + " can stop or change " + list(whats),
		Evidence: j.evidence(statements, "It allows to stop what watches the account."),
		Fix: check.Fix{Summary: "Take these actions away, or name in Resource what the function has to change; and deny them to all but who runs the account, by a service " +
			"control policy."},
	}
	sentence := "The role " + r.Ref.Name + " can stop or change " + list(whats) + ", and what is done after that is not seen"
	if len(all.asked) > 0 {
		sentence += ": " + witnesses(all.asked[:min(len(all.asked), maxList)])
		d.Evidence = j.stepEvidence(all.asked)
	}
	d.Detail = detail(append([]string{sentence + "."}, j.e.Caveats...)...)
	return d
}
