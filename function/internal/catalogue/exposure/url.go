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
	"github.com/rolewatch/rolewatch/function/policy/actions"
)

// urlAction is the action that a URL requires. Since October 2025 a URL also requires lambda:InvokeFunction, which the policy can
// restrict to calls through the URL. AWS exempts accounts that had a URL before for a time that it communicates to them only:
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
const urlAction = "lambda:InvokeFunctionUrl"

// invokeAction is the action that an invocation requires.
const invokeAction = "lambda:InvokeFunction"

// half is the sentence for a policy that allows only the first of the two.
const half = " Since October 2025, Lambda also requires lambda:InvokeFunction through the URL, and the policy does not grant everyone that permission. " +
	"Anyone can use the URL while AWS exempts the account from this requirement, or as soon as somebody adds the permission."

func byURL(auth string) map[string]policy.ContextValue {
	return map[string]policy.ContextValue{"lambda:functionurlauthtype": ask.Value(auth), "lambda:invokedviafunctionurl": ask.Value("true")}
}

// directly are the keys of a call that does not go through a URL. AWS documents lambda:InvokedViaFunctionUrl for calls through a URL, and
// not whether it is false in others or absent from them: it is tried as both.
// https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html
func (d door) directly(action string) []map[string]policy.ContextValue {
	const key = "lambda:invokedviafunctionurl"
	if _, ok := d.gate.Mentioned()[key]; !ok || actions.Carries(action, key) == actions.NotCarried {
		return []map[string]policy.ContextValue{nil}
	}
	return []map[string]policy.ContextValue{{key: ask.Value("false")}, {key: {Presence: policy.KeyAbsent}}}
}

// publicURL evaluates whether a caller without credentials can use a URL that requires none.
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
					if d.qualifier != url.Qualifier {
						continue
					}
					a := d.anonymously(p, urlAction, byURL("NONE"))
					if d.undecided(p, a); a.Decision != policy.Allowed {
						continue
					}
					hit, refs, doors = append(hit, f), append(refs, granting(a.Verdict)...), append(doors, d)
					if a := d.anonymously(p, invokeAction, byURL("NONE")); a.Decision == policy.Allowed {
						refs, whole = append(refs, granting(a.Verdict)...), true
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
	detail := fmt.Sprintf("The URL of %s has AuthType NONE, and the function's resource policy allows everyone to use it without credentials.", f.Name())
	if !whole {
		detail += half
	}
	return check.Diagnostic{
		Key: f.ARN, Functions: slices.CompactFunc(hit, func(a, b role.Function) bool { return a.QualifiedARN() == b.QualifiedARN() }),
		Title: f.Name() + " has a public URL", Detail: detail,
		Evidence: evidenceOf(effective.Distinct(refs), "It allows everyone to use a URL that requires no credentials."), Parts: []role.Part{role.FunctionPart(f.ARN)},
		Fix: check.Fix{Summary: "Require credentials for the URL. Callers then have to sign their requests.", Command: strings.Join(commands, "\n")},
	}
}
