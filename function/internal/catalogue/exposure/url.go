package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/internal/ask"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
)

// urlAction is what a URL's caller is asked for; since October 2025 lambda:InvokeFunction too, which the policy may narrow
// to calls that come by the URL. Accounts that had a URL before are excepted for a time that AWS says to them alone:
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
const urlAction = "lambda:InvokeFunctionUrl"

// half is what a detail says where the policy grants the first of the two alone.
const half = " Since October 2025 Lambda asks for lambda:InvokeFunction by way of the URL too, and the policy does not let everybody do that: " +
	"strangers get in as long as AWS excepts the account from it, or as soon as that permission is added."

func byURL(auth string) map[string]policy.ContextValue {
	return map[string]policy.ContextValue{"lambda:functionurlauthtype": ask.Value(auth), "lambda:invokedviafunctionurl": ask.Value("true")}
}

// publicURL asks for somebody without credentials to use a URL that asks for none.
func publicURL(p *check.Pass) {
	for _, versions := range byFunction(p.Subject) {
		var hit []role.Function
		var refs []policy.StatementRef
		var doors []door
		whole := false
		for _, f := range versions {
			if f.Config.URLs.State() == role.Unknown {
				p.Undecided(f.ARN, f.Config.URLs.Gap("function URLs"))
				continue
			}
			for _, url := range f.Config.URLs.Or(nil) {
				if url.Auth != "NONE" {
					continue
				}
				for _, d := range doorsOf(p, []role.Function{f}) {
					v := d.call("*", urlAction, byURL("NONE"))
					if d.qualifier != url.Qualifier || v.Decision != policy.Allowed {
						continue
					}
					hit, refs, doors = append(hit, f), append(refs, granting(v)...), append(doors, d)
					if v := d.call("*", "lambda:InvokeFunction", byURL("NONE")); v.Decision == policy.Allowed {
						refs, whole = append(refs, granting(v)...), true
					}
				}
			}
		}
		if len(hit) > 0 {
			p.Report(urlDiagnostic(hit, refs, doors, whole))
		}
	}
}

func urlDiagnostic(hit []role.Function, refs []policy.StatementRef, doors []door, whole bool) check.Diagnostic {
	f := hit[0]
	var commands []string
	for _, d := range doors {
		words := []string{"--function-name", f.ARN, "--auth-type", "AWS_IAM"}
		if d.qualifier != "" {
			words = append(words, "--qualifier", d.qualifier)
		}
		if command := rewrite.Command("lambda update-function-url-config", words...); !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	detail := fmt.Sprintf("The URL of %s has AuthType NONE, and the function's policy lets everybody use it: no credentials are asked for.", f.Name())
	if !whole {
		detail += half
	}
	return check.Diagnostic{
		Key: f.ARN, Functions: slices.CompactFunc(hit, func(a, b role.Function) bool { return a.QualifiedARN() == b.QualifiedARN() }),
		Title: f.Name() + " has a public URL", Detail: detail,
		Evidence: evidenceOf(effective.Distinct(refs), "It lets everybody use a URL that asks for no credentials."), Parts: []role.Part{role.FunctionPart(f.ARN)},
		Fix: check.Fix{Summary: "Let the URL ask for credentials. Callers must sign their requests then.", Command: strings.Join(commands, "\n")},
	}
}
