package exposure

import (
	"fmt"
	"slices"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/internal/words"
)

// runtimes are what is to be reported of the runtimes of one function's versions.
type runtimes struct {
	versions []role.Function
	// publishers says whose they are, and updates how each is updated; each sentence stands once.
	publishers, updates []string
	severity            check.Severity
}

// externalRuntime reports functions that use a customer-managed runtime of an account that is not trusted.
func externalRuntime(p *check.Pass) {
	unread := map[string]bool{}
	for _, versions := range byFunction(p.Subject) {
		var found runtimes
		for _, f := range versions {
			if f.Config.Runtime.State() == role.Unknown && !unread[f.Config.Runtime.Why()] {
				unread[f.Config.Runtime.Why()] = true
				p.Undecided("", f.Config.Runtime.Gap("runtime").Of(f.ARN))
			}
			if used, known := f.Config.Runtime.Get(); known {
				found.judge(p, f, used)
			}
		}
		if len(found.versions) == 0 {
			continue
		}
		f := found.versions[0]
		p.Report(check.Diagnostic{
			Key: f.ARN, Functions: found.versions, Severity: found.severity, Title: f.Name() + " runs a runtime of another account",
			Detail: fmt.Sprintf("The function %s uses %s. Code of its publisher runs with the permissions of the role. %s",
				f.Name(), words.List(found.publishers), strings.Join(found.updates, " ")),
			Parts: []role.Part{role.FunctionPart(f.ARN)},
			Fix: check.Fix{Summary: "Build the runtime in an account of your own from the publisher's images. If you trust the account, name it in the settings (trustedAccounts). " +
				"Until then, set the update mode of the runtime to Manual, with the version that you have reviewed."},
		})
	}
}

// judge notes the runtime of a version where it is of an account that is not trusted.
func (r *runtimes) judge(p *check.Pass, f role.Function, used role.Runtime) {
	whose, known := publisherOf(p, f, used.ARN)
	updates, read := f.Config.RuntimeUpdates.Get()
	pinned := read && updates.On == role.RuntimeManual && updates.Version != ""
	if pinned && !strings.HasPrefix(updates.Version, used.ARN+"/") {
		// Manual mode names the version that runs, whatever the configuration names.
		whose, known = publisherOf(p, f, updates.Version)
		used.ARN = updates.Version
	}
	if !known || whose == "" {
		return
	}
	severity, sentence := check.High, ""
	switch {
	case pinned:
		severity, sentence = check.Medium, "Lambda keeps it at the version "+updates.Version+", whose content the publisher cannot change."
	case !read:
		severity = check.Medium
		sentence = "Whether Lambda updates it without a change of the function is not known."
		p.Undecided(f.ARN, f.Config.RuntimeUpdates.Gap("runtime management configuration").Of(f.ARN))
	case updates.On == role.RuntimeFunctionUpdate:
		sentence = "Each update of the function moves it to the version that the publisher has given the alias " + used.Alias + "."
	default:
		sentence = "Lambda moves the function to each version that the publisher gives the alias " + used.Alias + ", without a change of the function."
	}
	r.versions, r.severity = append(r.versions, f), max(r.severity, severity)
	r.publishers = once(r.publishers, fmt.Sprintf("the customer-managed runtime %s, which account %s publishes", used.ARN, whose))
	r.updates = once(r.updates, sentence)
}

func once(list []string, text string) []string {
	if slices.Contains(list, text) {
		return list
	}
	return append(list, text)
}

// publisherOf is the account that publishes a runtime, empty for one that is trusted: the function's own, one of the settings, or
// AWS, whose runtimes have no account in their ARN. It is not known for a text that is not the ARN of a runtime.
func publisherOf(p *check.Pass, f role.Function, arn string) (account string, known bool) {
	if a, err := aws.ParseARN(arn); err == nil && a.Service == "lambda" && a.Account == "" && strings.HasPrefix(a.Resource, "runtime:") {
		return "", true
	}
	runtime, err := aws.ParseRuntimeARN(arn)
	if err != nil {
		p.Undecided(f.ARN, role.Gap{What: "runtime: " + arn + " is not the ARN of a runtime", SettledBy: role.SettledByCorrection})
		return "", false
	}
	if runtime.Account == p.Role.Ref.Account || isTrusted(p, runtime.Account) {
		return "", true
	}
	return runtime.Account, true
}
