package exposure

import (
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/policy"
)

// own are the services whose calls can be pinned to one account, by the first label of their names: by the pattern of what
// invokes functions of the same Region, or, where it is empty, by the account, as their guides do.
var own = map[string]string{
	"apigateway": "execute-api:REGION:ACCOUNT:*", "cognito-idp": "cognito-idp:REGION:ACCOUNT:userpool/*", "config": "",
	"elasticloadbalancing": "elasticloadbalancing:REGION:ACCOUNT:targetgroup/*", "events": "events:REGION:ACCOUNT:rule/*", "iot": "iot:REGION:ACCOUNT:*",
	"logs": "logs:REGION:ACCOUNT:*", "s3": "", "secretsmanager": "", "ses": "", "sns": "sns:REGION:ACCOUNT:*",
}

// isAlexa reports whether a service is one of Alexa's, which send the token of a skill and no ARN.
func isAlexa(service string) bool { return strings.HasSuffix(service, ".amazon.com") }

// pin restricts a service to resources of the function's own account, where the statements contain nothing that would be lost. The
// command adds the new permission before it removes the old one.
func pin(p *check.Pass, names []string, doors []door, refs []policy.StatementRef) check.Fix {
	fix := check.Fix{Summary: "Remove the permission, and add it again with the --source-arn of the resource that has to invoke the function, or with --source-account " +
		p.Role.Ref.Account + "."}
	if len(names) == 1 && isAlexa(names[0]) {
		fix.Summary = "Remove the permission, and add it again with --event-source-token, the ID of the skill that has to invoke the function."
	}
	var commands []string
	for _, ref := range effective.Distinct(refs) {
		for _, d := range doors {
			if d.part.Name != ref.Policy {
				continue
			}
			words, ok := pinned(d, ref.Statement)
			if !ok {
				return fix
			}
			remove := []string{"--function-name", d.function.ARN, "--statement-id", ref.Statement.Sid}
			if d.qualifier != "" {
				words, remove = append(words, "--qualifier", d.qualifier), append(remove, "--qualifier", d.qualifier)
			}
			// What cannot be added must not be removed.
			commands = append(commands, rewrite.Command("lambda add-permission", words...)+" &&\n"+rewrite.Command("lambda remove-permission", remove...))
			break
		}
	}
	if fix.Command = strings.Join(commands, "\n"); fix.Command != "" {
		fix.Summary += " The command allows resources of this account, and of this Region where the ARN contains a Region. If you can, restrict it to the resource itself."
	}
	return fix
}

// pinned are the options of the permission that takes a statement's place. A statement is one that add-permission makes: of
// one service, with one action, and no condition but on the source.
func pinned(d door, s *policy.Statement) ([]string, bool) {
	if s.Sid == "" || len(s.Sid) > 90 || len(s.Principals) != 1 || s.Principals[0].Type != "Service" || len(s.Actions) != 1 || s.NotAction ||
		!strings.EqualFold(s.Actions[0].Text, invokeAction) {
		return nil, false
	}
	source := ""
	for _, c := range s.Conditions {
		if !strings.EqualFold(c.Key, "aws:SourceArn") || len(c.Values) != 1 {
			return nil, false
		}
		source = c.Values[0].Text
	}
	service := s.Principals[0].Text
	name, _, _ := strings.Cut(service, ".")
	pattern, ok := own[name]
	function, err := aws.ParseFunctionARN(d.function.ARN)
	if !ok || err != nil {
		return nil, false
	}
	words := []string{"--function-name", d.function.ARN, "--statement-id", s.Sid + "-pinned", "--action", invokeAction, "--principal", service}
	if pattern == "" {
		if bucket, err := aws.ParseARN(source); err == nil && bucket.Service == "s3" && bucket.Partition == function.Partition && bucket.Region+bucket.Account == "" {
			words = append(words, "--source-arn", source) // A bucket's ARN has no account.
		}
		return append(words, "--source-account", function.Account), true
	}
	return append(words, "--source-arn", "arn:"+function.Partition+":"+strings.NewReplacer("REGION", function.Region, "ACCOUNT", function.Account).Replace(pattern)), true
}
