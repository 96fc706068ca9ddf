package refusal

import (
	"cmp"
	"slices"

	"github.com/go-json-experiment/json"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
)

// isPassRole reports whether the caller was denied, and not Lambda. The message alone says so.
func isPassRole(r check.Refusal) bool {
	refused, _ := aws.ReadRefusal(r.Error)
	return refused.Meaning == aws.CallerMayNotPass
}

// passRole explains that the caller may not pass the role.
func (e *explaining) passRole() Explanation {
	if call := aws.LambdaCall(e.refusal.Event); call != "" && !slices.Contains(givesRole, call) {
		return Explanation{
			Title: "The caller of " + call + " is not allowed to pass the role " + e.Role.Ref.Name,
			Why: call + " requires iam:PassRole on " + e.Role.ARN() + ", and " + callerOf(e.refusal) + " does not have this permission. The role itself does not lack any permission. " +
				call + " is not a call that configures a Lambda function with a role.",
			Fix: check.Fix{Summary: "Allow iam:PassRole on " + e.Role.ARN() + " to " + callerOf(e.refusal) + ", with the service that uses the role as iam:PassedToService."},
		}
	}
	return Explanation{
		Title: "The deploying principal is not allowed to pass the role " + e.Role.Ref.Name + " to Lambda",
		Why: "To configure a function with a role, a principal needs iam:PassRole on the role, and " + callerOf(e.refusal) +
			" does not have this permission. The role itself does not lack any permission.",
		Fix: e.passRoleFix(),
	}
}

// givesRole are Lambda's calls that configure a function with a role.
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
		return check.Fix{Summary: "Remove iam:PassRole on " + arn + " from the " + where + " that denies it to " + caller + ". A statement that allows it does not help."}
	}
	resource, err := json.Marshal(arn)
	if err != nil {
		return check.Fix{Summary: "Allow " + caller + " iam:PassRole on the role."} // Only a text that is not Unicode cannot be written.
	}
	fix := check.Fix{
		Summary: "Allow " + caller + " to pass this role to Lambda.",
		Document: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:PassRole","Resource":` + string(resource) +
			`,"Condition":{"StringEquals":{"iam:PassedToService":"` + aws.LambdaService + `"}}}]}`,
	}
	if denied.By != "" && denied.By != "identity-based policy" {
		fix.Summary = "Allow " + caller + " to pass this role to Lambda in the " + denied.By + ", which does not allow it now."
	}
	return fix
}
