package refusal

import (
	"cmp"
	"slices"

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
	if call := aws.LambdaCall(e.refusal.Event); call != "" && !slices.Contains(givesRole, call) {
		return Explanation{
			Title: "Whoever calls " + call + " may not pass the role " + e.Role.Ref.Name,
			Why: "It is not the role that lacks something, but " + callerOf(e.refusal) + ": " + call + ", which is no call that gives a Lambda function its role, takes iam:PassRole on " +
				e.Role.ARN() + ".",
			Fix: check.Fix{Summary: "Allow " + callerOf(e.refusal) + " iam:PassRole on " + e.Role.ARN() + ", with the service that takes the role as iam:PassedToService."},
		}
	}
	return Explanation{
		Title: "Whoever deploys may not pass the role " + e.Role.Ref.Name + " to Lambda",
		Why: "It is not the role that lacks something, but " + callerOf(e.refusal) +
			": to configure a function with a role takes iam:PassRole on that role.",
		Fix: e.passRoleFix(),
	}
}

// givesRole are Lambda's calls that give a function its role.
var givesRole = []string{"CreateFunction", "UpdateFunctionConfiguration"}

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
	denied := e.refused.Denied
	if denied.Explicit {
		where := cmp.Or(denied.By, "policy")
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
	if denied.By != "" && denied.By != "identity-based policy" {
		fix.Summary = "Allow " + caller + " to pass this role to Lambda, in the " + denied.By + " that does not."
	}
	return fix
}
