package trust

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// lambdaTrust is the whole trust policy of an execution role.
const lambdaTrust = `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"` + aws.LambdaService + `"},"Action":"sts:AssumeRole"}]}`

// roleCause says what is wrong with the role that the function is configured with; false when nothing is.
func roleCause(s *check.Subject, f role.Function) (cause, bool) {
	configured, err := role.ParseRef(f.Role)
	if err != nil {
		configured = s.Role.Ref
	}
	partition, account := ownerOf(f.ARN)
	switch {
	case f.ARN != "" && partition != configured.Partition:
		return elsewhere(roleARNPartition, f, configured, partition, account), true
	case f.ARN != "" && account != configured.Account:
		return elsewhere(roleARNAccount, f, configured, partition, account), true
	}
	identity, exists := s.Role.Identity.Get()
	switch {
	case s.Role.Exists() == role.Absent:
		return missing(s, configured), true
	case isServiceLinked(s.Role):
		return serviceLinked(s), true
	case exists && f.ARN != "" && identity.ARN != "" && f.Role != identity.ARN:
		return wrongPath(s, f, identity.ARN), true
	}
	return cause{}, false
}

func isServiceLinked(r *role.Snapshot) bool {
	a, _ := aws.ParseARN(r.ARN())
	return a.IsServiceLinkedRole()
}

// ownerOf is a function's partition and account.
func ownerOf(arn string) (partition, account string) {
	a, _ := aws.ParseARN(arn)
	return a.Partition, a.Account
}

func configuration(f role.Function, why string) []check.Evidence {
	return []check.Evidence{{Policy: role.FunctionPart(f.ARN).String(), Statement: -1, Text: f.Role, Why: why}}
}

// setRole is the command that gives a function another role.
func setRole(f role.Function, arn string) string {
	return rewrite.Command("lambda update-function-configuration", "--function-name", f.ARN, "--role", arn)
}

// published says what else the fix of a published version needs, which cannot be changed.
func published(f role.Function) string {
	if f.QualifiedARN() == f.ARN {
		return ""
	}
	return " Version " + f.Version + " cannot be changed. Publish a new version afterwards, and use it instead."
}

func missing(s *check.Subject, configured role.Ref) cause {
	options := []string{"--role-name", s.Role.Ref.Name}
	if path := configured.Path(); path != "/" {
		options = append(options, "--path", path)
	}
	detail := "The execution role is configured as " + configured.ARN + ", but account " + s.Role.Ref.Account + " does not have this role. The role was deleted, or its name is misspelled in the configuration."
	summary := "Create the role again with its former permissions, or configure the functions with another role. If you create the role again and a function has environment variables, configure the function with another role first, and then with this role."
	command := rewrite.Command("iam create-role", append(options, "--assume-role-policy-document", lambdaTrust)...)
	if similar := s.Role.Similar; len(similar) > 0 {
		has, meant := "The account has a role with a similar name: "+similar[0]+".", "If this role was intended, "
		if len(similar) > 1 {
			has, meant = "The account has roles with similar names: "+words.List(similar)+".", "If one of them was intended, "
		}
		detail += " " + has
		summary = has + " " + meant + "configure the functions with it, and do not create a role. Otherwise, " + words.Lower(summary)
		command = "# " + has + " " + meant + "run this instead: aws lambda update-function-configuration --function-name NAME --role " + similar[0] + "\n" + command
	}
	return cause{check: roleMissing, diagnostic: check.Diagnostic{
		Title: "The execution role " + s.Role.Ref.Name + " does not exist", Detail: detail, Parts: []role.Part{role.PartItself},
		Fix: check.Fix{Summary: summary, Document: lambdaTrust, Command: command},
	}}
}

// elsewhere is a role in another account or partition than the function.
func elsewhere(id string, f role.Function, configured role.Ref, partition, account string) cause {
	what, own := "account "+configured.Account, "account "+account
	if id == roleARNPartition {
		what, own = "partition "+configured.Partition, "partition "+partition
	}
	target := aws.RoleARN(partition, account, "/", configured.Name).String()
	return cause{check: id, diagnostic: check.Diagnostic{
		Title:    "The execution role of " + f.Name() + " is in another " + strings.Fields(what)[0],
		Detail:   fmt.Sprintf("%s is in %s, but its execution role %s is in %s. Lambda can assume only a role of the function's own account.", f.QualifiedARN(), own, f.Role, what),
		Evidence: configuration(f, "The ARN names "+what+"."),
		Fix: check.Fix{
			Summary: "Configure the function with a role of " + own + ". The command uses the role with the same name, which must exist there." + published(f),
			Command: setRole(f, target),
		},
	}}
}

func wrongPath(s *check.Subject, f role.Function, arn string) cause {
	return cause{check: roleARNPath, diagnostic: check.Diagnostic{
		Title:    "The role ARN in the configuration of " + f.Name() + " does not have the path of the role " + s.Role.Ref.Name,
		Detail:   fmt.Sprintf("%s is configured with %s. The account has a role with this name, but the ARN of the role is %s.", f.QualifiedARN(), f.Role, arn),
		Evidence: configuration(f, "The path in this ARN is not the path of the role."),
		Fix:      check.Fix{Summary: "Configure the function with the ARN of the role." + published(f), Command: setRole(f, arn)},
	}}
}

func serviceLinked(s *check.Subject) cause {
	return cause{check: roleServiceLinked, diagnostic: check.Diagnostic{
		Title:  "The execution role " + s.Role.Ref.Name + " is a service-linked role",
		Detail: s.Role.ARN() + " is linked to an AWS service. Its trust policy allows only that service and cannot be changed, so Lambda can never assume the role.",
		Parts:  []role.Part{role.PartItself},
		Fix: check.Fix{
			Summary:  "Create an execution role, and configure the functions with it.",
			Document: lambdaTrust,
			Command:  rewrite.Command("iam create-role", "--role-name", s.Role.Ref.Name+"-execution", "--assume-role-policy-document", lambdaTrust),
		},
	}}
}
