package reach_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/rolewatch/rolewatch/function/internal/reach"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

const account = "111122223333"

var now = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func roleARN(name string) string     { return "arn:aws:iam::" + account + ":role/" + name }
func functionARN(name string) string { return functionIn("us-east-1", name) }
func functionIn(region, name string) string {
	return "arn:aws:lambda:" + region + ":" + account + ":function:" + name
}

type object = map[string]any

// document is a policy of some statements.
func document(statements ...object) string {
	text, _ := json.Marshal(object{"Version": "2012-10-17", "Statement": statements})
	return string(text)
}

func allow(action, resource any) object {
	return object{"Effect": "Allow", "Action": action, "Resource": resource}
}

// trusting is a statement of a trust policy.
func trusting(kind, who string) object {
	return object{"Effect": "Allow", "Principal": object{kind: who}, "Action": "sts:AssumeRole"}
}

func with(statement object, condition object) object {
	statement["Condition"] = condition
	return statement
}

// newRole is a role with an inline policy, a trust policy, and an optional boundary.
func newRole(name, trust, inline, boundary string, tags map[string]string) *role.Snapshot {
	s := &role.Snapshot{
		Ref:      role.Ref{Partition: "aws", Account: account, Name: name, ARN: roleARN(name)},
		Identity: role.Have(role.Identity{ARN: roleARN(name), ID: "AROA" + name, Created: role.Have(now.AddDate(-1, 0, 0))}),
		Trust:    role.Have(role.NewPolicy(role.PartTrust, trust, policy.Trust)),
		Inline:   role.Have([]role.Policy{role.NewPolicy(role.InlinePart("p"), inline, policy.Identity)}),
		Attached: role.Have([]role.Policy(nil)), Boundary: role.None[role.Policy](), Tags: role.Have(tags),
		SCPs: role.None[[][]policy.Part](), RCPs: role.None[[][]policy.Part](), Users: role.Users{Complete: true},
	}
	if boundary != "" {
		s.Boundary = role.Have(role.NewPolicy(role.PartBoundary, boundary, policy.Boundary))
	}
	return s
}

// world makes random accounts.
type world struct {
	*rand.Rand
	names []string
	// renamed gives the Regions other names; nil for none.
	renamed *strings.Replacer
}

func pick[T any](w *world, list ...T) T { return list[w.IntN(len(list))] }

// document is a policy, with the Regions by their names in the world.
func (w *world) document(statements ...object) string { return w.named(document(statements...)) }

func (w *world) named(text string) string {
	if w.renamed == nil {
		return text
	}
	return w.renamed.Replace(text)
}

// account makes an account of a few roles and functions, with an organization's policy now and then.
func (w *world) account() reach.Listing {
	w.names = nil
	for i := range 3 + w.IntN(4) {
		w.names = append(w.names, fmt.Sprintf("r%d", i))
	}
	var scps role.Maybe[[][]policy.Part] = role.None[[][]policy.Part]()
	switch w.IntN(8) {
	case 0:
		deny := object{"Effect": "Deny", "Action": "lambda:UpdateFunction*", "Resource": "*"}
		doc, _ := policy.Parse([]byte(w.document(allow("*", "*"), with(deny, object{"StringNotEquals": object{"aws:RequestedRegion": w.region()}}))), policy.SCP)
		scps = role.Have([][]policy.Part{{{Name: "scp:p-1", Document: doc}}})
	case 1, 2:
		doc, _ := policy.Parse([]byte(w.document(allow("*", "*"), object{
			"Effect": "Deny", "Action": pick(w, "sts:AssumeRole", "iam:PassRole", "lambda:UpdateFunctionCode", "iam:PutRolePolicy"), "Resource": pick(w, "*", roleARN(w.name())),
		})), policy.SCP)
		scps = role.Have([][]policy.Part{{{Name: "scp:p-1", Document: doc}}})
	}
	var l reach.Listing
	for _, name := range w.names {
		s := newRole(name, document(w.trust()...), w.document(w.statements()...), w.boundary(), pick(w, map[string]string(nil), map[string]string{"team": "a"}))
		s.SCPs = scps
		l.Roles = append(l.Roles, s)
	}
	// The functions of another Region have the same names, and other roles.
	for _, region := range regions {
		for i := range 2 {
			l.Functions = append(l.Functions, reach.Function{ARN: w.named(functionIn(region, fmt.Sprintf("f%d", i))), Role: roleARN(w.name()), Tags: role.Have(map[string]string(nil))})
		}
	}
	return l
}

// regions are those of the functions, and one in which none is.
var regions = []string{"us-east-1", "eu-west-1"}

func (w *world) region() string { return pick(w, "us-east-1", "eu-west-1", "ap-south-1") }

// anyFunction is a resource of functions that a statement names.
func (w *world) anyFunction() string {
	return functionIn(pick(w, "us-east-1", "eu-west-1", "*", "eu-*"), pick(w, "f0", "f1", "*"))
}

// newFunction is a name, or a pattern of names, of functions that the account does not have.
func (w *world) newFunction() string { return pick(w, "q", "team-*", "*-q", "team-a") }

func (w *world) name() string { return pick(w, w.names...) }

func (w *world) trust() []object {
	all := []object{
		trusting("Service", "lambda.amazonaws.com"), trusting("Service", "ec2.amazonaws.com"), trusting("AWS", account),
		trusting("AWS", "arn:aws:iam::"+account+":root"), trusting("AWS", roleARN(w.name())), trusting("AWS", "AROADELETED"),
		with(trusting("AWS", account), object{"StringEquals": object{"sts:ExternalId": "secret"}}),
		with(trusting("AWS", account), object{"ArnEquals": object{"aws:PrincipalArn": roleARN(w.name())}}),
		with(trusting("Service", "lambda.amazonaws.com"), object{"StringEquals": object{"aws:SourceAccount": account}}),
		with(trusting("Service", "lambda.amazonaws.com"), object{"ArnLike": object{"aws:SourceArn": functionIn("*", w.newFunction())}}),
	}
	out := []object{pick(w, all...)}
	if w.IntN(3) == 0 {
		out = append(out, pick(w, all...))
	}
	return out
}

func (w *world) boundary() string {
	switch w.IntN(8) {
	case 0:
		return document(allow([]string{"sts:*", "lambda:*", "iam:PassRole"}, "*"))
	case 1:
		return document(allow([]string{"iam:*", "s3:GetObject"}, "*"))
	}
	return ""
}

// on is a resource of a role that a statement names.
func (w *world) on() string {
	return pick(w, roleARN(w.name()), roleARN(w.name()), roleARN("r*"), roleARN("?0"), "*")
}

func (w *world) statements() []object {
	out := []object{allow("logs:PutLogEvents", "arn:aws:logs:*:*:log-group:x")}
	for range 1 + w.IntN(3) {
		out = append(out, pick(w,
			allow("sts:AssumeRole", w.on()), allow("sts:AssumeRole", w.on()),
			with(allow("sts:AssumeRole", w.on()), object{"StringEquals": object{"aws:ResourceTag/team": "a"}}),
			allow("iam:TagRole", w.on()),
			allow("iam:PassRole", w.on()),
			with(allow("iam:PassRole", w.on()), object{"StringEquals": object{"iam:PassedToService": pick(w, "lambda.amazonaws.com", "ec2.amazonaws.com")}}),
			allow([]string{"lambda:CreateFunction", "lambda:InvokeFunction"}, "*"),
			allow([]string{"lambda:CreateFunction", "lambda:InvokeFunction"}, functionIn("*", w.newFunction())),
			allow("ec2:RunInstances", "*"),
			allow("lambda:UpdateFunctionCode", pick(w, functionARN("f0"), functionARN("f1"), functionARN("*"))),
			allow("lambda:UpdateFunctionCode", w.anyFunction()),
			with(allow("lambda:UpdateFunctionCode", w.anyFunction()), object{"StringEquals": object{"aws:RequestedRegion": w.region()}}),
			with(allow("lambda:UpdateFunctionCode", w.anyFunction()), object{"StringNotLike": object{"aws:RequestedRegion": pick(w, "us-*", w.region())}}),
			allow("iam:PutRolePolicy", w.on()), allow("iam:UpdateAssumeRolePolicy", w.on()), allow("iam:DeleteRolePermissionsBoundary", w.on()),
			object{"Effect": "Deny", "Action": pick(w, "sts:AssumeRole", "iam:PassRole", "iam:PutRolePolicy"), "Resource": w.on()},
			allow("*", "*"),
		))
	}
	return out
}
