package refusal

import (
	"strings"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// isPassRole reports whether the caller was refused, and not Lambda. The message alone says so.
func isPassRole(r check.Refusal) bool {
	refused, _ := aws.ReadRefusal(r.Error)
	return refused.Meaning == aws.CallerMayNotPass
}

// passRole explains that the caller may not pass the role.
func (e *explaining) passRole() Explanation {
	return Explanation{
		Title: "Whoever deploys may not pass the role " + e.Role.Ref.Name + " to Lambda",
		Why: "It is not the role that lacks something, but " + callerOf(e.refusal) +
			": to configure a function with a role takes iam:PassRole on that role.",
		Fix: e.passRoleFix(),
	}
}

func callerOf(r check.Refusal) string {
	if r.Actor == "" {
		return "the caller"
	}
	return "the caller " + r.Actor
}

// passRoleFix is the statement to grant. The message says where it is missing, if it is not in the caller's own policies
// ("Troubleshoot access denied error messages" in the IAM User Guide).
func (e *explaining) passRoleFix() check.Fix {
	caller, arn := callerOf(e.refusal), e.Role.ARN()
	if _, where, ok := strings.Cut(e.refusal.Error, "with an explicit deny in a"); ok {
		where = strings.TrimSuffix(strings.TrimSpace(strings.TrimPrefix(where, "n ")), ".")
		return check.Fix{Summary: "Take iam:PassRole on " + arn + " out of the " + where + " that denies it to " + caller + ". A statement that allows it would not help."}
	}
	resource, err := json.Marshal(arn)
	if err != nil {
		return check.Fix{Summary: "Allow " + caller + " iam:PassRole on the role."} // Only a text that is no Unicode cannot be written.
	}
	fix := check.Fix{
		Summary: "Allow " + caller + " to pass this role to Lambda.",
		Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":` + string(resource) +
			`,"Condition":{"StringEquals":{"iam:PassedToService":"` + aws.LambdaService + `"}}}]}`,
	}
	for _, kind := range []string{"permissions boundary", "service control policy", "session policy"} {
		if strings.Contains(e.refusal.Error, "no "+kind+" allows") {
			fix.Summary = "Allow " + caller + " to pass this role to Lambda, in the " + kind + " that does not."
		}
	}
	return fix
}
