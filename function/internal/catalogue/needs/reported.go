package needs

import (
	"fmt"
	"strings"

	"github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/effective"
	"github.com/rolewatch/rolewatch/function/internal/catalogue/rewrite"
	"github.com/rolewatch/rolewatch/function/internal/check"
	"github.com/rolewatch/rolewatch/function/internal/role"
)

// problems are the reason codes of Lambda that are about the role, a key, a file system, an image or the configuration, with what to do.
var problems = map[string]string{
	aws.InsufficientRolePermissions:      "Grant the role the permission that Lambda's reason names, if the role lacks it.",
	aws.KMSKeyAccessDenied:               "Allow the role to use the key, by a grant or in the key policy.",
	aws.KMSKeyNotFound:                   "Configure a key that exists, or no key.",
	aws.InvalidStateKMSKey:               "Cancel the deletion of the key, or configure another key.",
	aws.DisabledKMSKey:                   "Enable the key, or configure another key.",
	aws.ImageAccessDenied:                "Allow Lambda to pull the image. The repository policy must allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to lambda.amazonaws.com.",
	aws.ImageDeleted:                     "Push the image again, or configure another image.",
	aws.EFSMountFailure:                  "Allow the role to mount the file system, and allow the function's security groups to reach it.",
	aws.EFSMountConnectivityError:        "Allow the function's security groups and subnets to reach the mount targets of the file system.",
	aws.EFSMountTimeout:                  "Allow the function's security groups and subnets to reach the mount targets of the file system.",
	aws.EFSIOError:                       "Check the file system. Lambda was able to mount it, but not to read it.",
	aws.InvalidImage:                     "Push an image that Lambda supports for the architecture of the function, or configure another image.",
	aws.InvalidRuntime:                   "Configure a runtime that Lambda provides, or a version of a customer-managed runtime that exists and that the function may use.",
	aws.DependencyError:                  "Check the service or resource that Lambda's reason names. Update the function when it is available.",
	aws.InvalidConfiguration:             "Correct in the function's configuration what Lambda's reason names.",
	aws.DisallowedByVPCEncryptionControl: "Exclude Lambda from the encryption control of the VPC, or configure another VPC.",
}

// explained are the reason codes that a permission of the role may explain, with the rows of the needs that do. Lambda uses the role
// for these before the function runs.
var explained = map[string][]string{
	aws.InsufficientRolePermissions: {vpcRow, efsRow, s3FilesRow, keyRow},
	aws.KMSKeyAccessDenied:          {keyRow},
	aws.EFSMountFailure:             {efsRow, s3FilesRow},
}

// notRead is what else may explain a reason code, where it is not read.
var notRead = map[string]string{
	aws.KMSKeyAccessDenied: "the key policy, which rolewatch does not read, denies the role",
	aws.EFSMountFailure:    "the file system policy, which rolewatch does not read, denies the role",
}

// reported reports what Lambda itself reports for a version.
func reported(p *check.Pass) {
	var unread []role.Gap
	for _, versions := range functionsOf(p.Subject) {
		for _, f := range versions {
			s, ok := f.Config.Status.Get()
			if !ok {
				if f.Config.Status.State() == role.Unknown {
					unread = append(unread, f.Config.Status.Gap("state").Of(f.QualifiedARN()))
				}
				continue
			}
			r := word{f: f, what: "state", code: s.StateReasonCode, reason: s.StateReason}
			if problems[r.code] == "" {
				r.what, r.code, r.reason = "last update", s.UpdateReasonCode, s.UpdateReason
			}
			if problems[r.code] != "" {
				p.Report(r.diagnostic(p.Subject))
			}
		}
	}
	for _, gap := range role.DistinctGaps(unread) {
		p.Undecided("", gap)
	}
}

// word is what Lambda reports for one version.
type word struct {
	f                  role.Function
	what, code, reason string
}

func (w word) diagnostic(s *check.Subject) check.Diagnostic {
	said := fmt.Sprintf("Lambda returns the reason code %s for the %s of %s", w.code, w.what, w.f.QualifiedARN())
	if w.reason != "" {
		said += fmt.Sprintf(", with the reason %q", w.reason)
	}
	d := check.Diagnostic{
		Key: w.f.QualifiedARN(), Functions: []role.Function{w.f}, Title: "Lambda reports " + w.code + " for " + w.f.Name(), Detail: said + ".",
		Parts: []role.Part{role.FunctionPart(w.f.ARN)}, Fix: check.Fix{Summary: problems[w.code]},
	}
	ids := explained[w.code]
	if len(ids) == 0 || s.Role.Exists() == role.Absent {
		return d // Another check reports that the role is missing.
	}
	a, purposes := setUp(s, w.f, ids)
	if a.Lacking == "" && len(a.Missing) == 0 && len(purposes) == 0 {
		d.Detail += " No setting of the function that rolewatch reads requires a permission for this."
		d.Fix.Summary = problems[w.code] + " " + w.again()
		return d
	}
	lambdaSays{
		purpose: strings.Join(purposes, ", and "), elsewhere: notRead[w.code], since: w.since(), again: w.again(), retry: w.retry(s.Role),
	}.because(s, a, &d)
	return d
}

// setUp judges what the rows require for a version, and says what they are for, if they require something. Unlike for a
// rejected call, what is unknown about a row counts although something else of the row lacks.
func setUp(s *check.Subject, f role.Function, ids []string) (a Answer, purposes []string) {
	e := effective.Of(s)
	j := naming{l: e.AskingLambda(s), e: e, f: f, named: Named{checks: ids}}
	arn, _ := aws.ParseARN(f.ARN)
	var all []outcome
	for i := range rows {
		if !j.named.may(&rows[i]) {
			continue
		}
		o := judge(j.l, &rows[i], []role.Function{f})
		all = append(all, o)
		j.miss(o.missing)
		if len(rows[i].ask(&f, arn).needs) > 0 {
			purposes = append(purposes, rows[i].what)
		}
	}
	return j.answer(s, nil, all), purposes
}

// since says when Lambda last had a reason to try.
func (w word) since() string {
	modified, ok := w.f.LastModified.Get()
	if !ok {
		return ""
	}
	return " Lambda tried when the configuration of the function was last changed, on " + modified.UTC().Format("2006-01-02 15:04:05 MST") + "."
}

// again says what makes Lambda try again. A version that is published cannot be changed.
func (w word) again() string {
	if w.f.QualifiedARN() == w.f.ARN {
		return "Update the configuration of the function so that Lambda tries again."
	}
	return "Publish a new version so that Lambda tries again. Use it instead of version " + w.f.Version + ", which cannot be updated."
}

// retry is the command that gives the function the role that it has: an update that changes nothing.
func (w word) retry(r *role.Snapshot) string {
	if w.f.QualifiedARN() != w.f.ARN {
		return ""
	}
	return rewrite.Command("lambda update-function-configuration", "--function-name", w.f.ARN, "--role", r.ARN())
}
