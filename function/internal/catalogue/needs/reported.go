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

// trouble are the reason codes of Lambda that are about the role, a key, a file system or an image, with what to do.
var trouble = map[string]string{
	aws.InsufficientRolePermissions:      "See which permission Lambda's reason names, and grant it where the role lacks it.",
	aws.KMSKeyAccessDenied:               "Let the role use the key, by a grant or by the key's policy.",
	aws.KMSKeyNotFound:                   "Configure a key that exists, or none.",
	aws.InvalidStateKMSKey:               "Cancel the key's deletion, or configure another key.",
	aws.DisabledKMSKey:                   "Enable the key, or configure another.",
	aws.ImageAccessDenied:                "Let Lambda pull the image: its repository's policy must allow ecr:BatchGetImage and ecr:GetDownloadUrlForLayer to lambda.amazonaws.com.",
	aws.ImageDeleted:                     "Push the image again, or configure another.",
	aws.EFSMountFailure:                  "Let the role mount the file system, and the function's security groups reach it.",
	aws.EFSMountConnectivityError:        "Let the function's security groups and subnets reach the file system's mount targets.",
	aws.EFSMountTimeout:                  "Let the function's security groups and subnets reach the file system's mount targets.",
	aws.EFSIOError:                       "Look into the file system: Lambda could mount it and not read it.",
	aws.InvalidImage:                     "Push an image that Lambda supports, for the architecture of the function, or configure another.",
	aws.InvalidRuntime:                   "Configure a runtime that Lambda has, or a version of a customer-managed runtime that is there and that the function may use.",
	aws.DependencyError:                  "Look at what Lambda says of the service or resource that the function depends on, and update the function once that is there.",
	aws.DisallowedByVPCEncryptionControl: "Exclude Lambda in the encryption control of the VPC, or configure another VPC.",
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
	aws.KMSKeyAccessDenied: ", or the policy of the key, which is not read, denies the role",
	aws.EFSMountFailure:    ", or the policy of the file system, which is not read, denies the role",
}

// reported reports what Lambda itself says of a version.
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
			if trouble[r.code] == "" {
				r.what, r.code, r.reason = "last update", s.UpdateReasonCode, s.UpdateReason
			}
			if trouble[r.code] != "" {
				p.Report(r.diagnostic(p.Subject))
			}
		}
	}
	for _, gap := range role.DistinctGaps(unread) {
		p.Undecided("", gap)
	}
}

// word is what Lambda says of one version.
type word struct {
	f                  role.Function
	what, code, reason string
}

func (w word) diagnostic(s *check.Subject) check.Diagnostic {
	said := fmt.Sprintf("Lambda gives %s as the reason of the %s of %s", w.code, w.what, w.f.QualifiedARN())
	if w.reason != "" {
		said += fmt.Sprintf(", and says: %q", w.reason)
	}
	d := check.Diagnostic{
		Key: w.f.QualifiedARN(), Functions: []role.Function{w.f}, Title: "Lambda reports " + w.code + " for " + w.f.Name(), Detail: said + ".",
		Parts: []role.Part{role.FunctionPart(w.f.ARN)}, Fix: check.Fix{Summary: trouble[w.code]},
	}
	ids := explained[w.code]
	if len(ids) == 0 || s.Role.Exists() == role.Absent {
		return d // That the role is missing is another check's to report.
	}
	a, purposes := setUp(s, w.f, ids)
	if a.Lacking == "" && len(a.Missing) == 0 && len(purposes) == 0 {
		d.Detail += " Nothing in the configuration of the function is known to need a permission for it."
		d.Fix.Summary = trouble[w.code] + " " + w.again()
		return d
	}
	lambdaSays{
		purpose: strings.Join(purposes, ", and "), elsewhere: notRead[w.code], since: w.since(), again: w.again(), retry: w.retry(s.Role),
	}.because(s, a, &d)
	return d
}

// setUp judges what the rows ask for a version, and says what they are for, as far as they ask for something. Other than for a
// refused call, what is not known of a row counts although something else of it lacks.
func setUp(s *check.Subject, f role.Function, ids []string) (a Answer, purposes []string) {
	e := effective.Of(s)
	j := naming{l: e.AskingLambda(s), e: e, f: f, named: Named{checks: ids}}
	arn, _ := aws.ParseARN(f.ARN)
	var lacking []outcome
	for i := range rows {
		if !j.named.may(&rows[i]) {
			continue
		}
		o := judge(j.l, &rows[i], []role.Function{f})
		if len(o.lacks) > 0 {
			lacking = append(lacking, o)
		}
		j.miss(o.missing)
		if len(rows[i].ask(&f, arn).needs) > 0 {
			purposes = append(purposes, rows[i].what)
		}
	}
	return j.answer(s, nil, lacking), purposes
}

// since says when Lambda last had a reason to try.
func (w word) since() string {
	modified, ok := w.f.LastModified.Get()
	if !ok {
		return ""
	}
	return " The configuration of the function was last changed on " + modified.UTC().Format("2006-01-02 15:04:05 MST") + ", and Lambda tried then."
}

// again says what makes Lambda try again. A version that is published cannot be changed.
func (w word) again() string {
	if w.f.QualifiedARN() == w.f.ARN {
		return "Update the configuration of the function, so that Lambda tries again."
	}
	return "Publish a new version, so that Lambda tries again, and use it instead of version " + w.f.Version + ", which cannot be updated."
}

// retry is the command that gives the function the role that it has: an update that changes nothing.
func (w word) retry(r *role.Snapshot) string {
	if w.f.QualifiedARN() != w.f.ARN {
		return ""
	}
	return rewrite.Command("lambda update-function-configuration", "--function-name", w.f.ARN, "--role", r.ARN())
}
