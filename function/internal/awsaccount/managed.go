package awsaccount

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/iam/types"

	awsfacts "github.com/rolewatch/rolewatch/function/aws"
	"github.com/rolewatch/rolewatch/function/internal/role"
	"github.com/rolewatch/rolewatch/function/policy"
	"github.com/rolewatch/rolewatch/function/policy/policyfile"
)

const (
	// cacheFor is how long it is taken for granted which version of AWS's own policies is the default.
	cacheFor = 15 * time.Minute
	// cacheSize bounds the documents that are kept.
	cacheSize = 500
)

// version names one version of a managed policy. Its document never changes: a version is never rewritten, and a policy
// that was made anew under the same name has another ID.
type version struct{ arn, id, version string }

// cache keeps documents of managed policies by their version, and for AWS's own policies, which no event of this account
// tells of, the default version too. The account's own policies are asked for their default version each time.
type cache struct {
	mu        sync.Mutex
	documents map[documentKey]role.Policy
	defaults  map[string]defaultVersion
}

type documentKey struct {
	version
	part role.Part
}

type defaultVersion struct {
	version
	read time.Time
}

func (c *cache) clear() {
	c.documents, c.defaults = map[documentKey]role.Policy{}, map[string]defaultVersion{}
}

func (c *cache) document(key documentKey) (role.Policy, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.documents[key]
	return p, ok
}

func (c *cache) put(key documentKey, p role.Policy) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.documents) >= cacheSize {
		clear(c.documents)
	}
	c.documents[key] = p
}

func (c *cache) defaultOf(arn string, now time.Time) (version, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	d, ok := c.defaults[arn]
	return d.version, ok && now.Sub(d.read) < cacheFor
}

func (c *cache) putDefault(v version, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.defaults[v.arn] = defaultVersion{v, now}
}

// managed reads a managed policy's default version, as a part of a role: its ARN for an attached policy, "boundary" for a
// permissions boundary. What may not be read is there without its text. It fails with errVanished when there is none.
func (a *Account) managed(ctx context.Context, arn string, part role.Part) (role.Policy, error) {
	v, why, err := a.defaultVersion(ctx, arn)
	if err != nil || why.Given() {
		return role.Policy{Part: part, ARN: arn, Text: role.NotRead[string](why)}, err
	}
	key := documentKey{v, part}
	if p, ok := a.cache.document(key); ok {
		return p, nil
	}
	out, err := a.iam.GetPolicyVersion(ctx, &iam.GetPolicyVersionInput{PolicyArn: aws.String(arn), VersionId: aws.String(v.version)})
	why, refused := Refused("iam:GetPolicyVersion", err)
	switch {
	case missing(err):
		return role.Policy{}, fmt.Errorf("iam:GetPolicyVersion %s of %s: %w", v.version, arn, errVanished)
	case refused:
		return managedPolicy(v, part, role.NotRead[string](why)), nil
	case err != nil:
		return role.Policy{}, fmt.Errorf("iam:GetPolicyVersion %s of %s: %w", v.version, arn, err)
	case out.PolicyVersion == nil:
		return role.Policy{}, fmt.Errorf("iam:GetPolicyVersion %s of %s: the answer has no version", v.version, arn)
	}
	p := managedPolicy(v, part, textOf(out.PolicyVersion.Document))
	a.cache.put(key, p)
	return p, nil
}

// defaultVersion asks which version of a policy is in force; why says why that is unknown.
func (a *Account) defaultVersion(ctx context.Context, arn string) (v version, why role.Reason, err error) {
	if v, ok := a.cache.defaultOf(arn, a.opts.Now()); ok {
		return v, role.Reason{}, nil
	}
	out, err := a.iam.GetPolicy(ctx, &iam.GetPolicyInput{PolicyArn: aws.String(arn)})
	why, refused := Refused("iam:GetPolicy", err)
	switch {
	case missing(err):
		return v, role.Reason{}, fmt.Errorf("iam:GetPolicy %s: %w", arn, errVanished)
	case refused:
		return v, why, nil
	case err != nil:
		return v, role.Reason{}, fmt.Errorf("iam:GetPolicy %s: %w", arn, err)
	case out.Policy == nil || aws.ToString(out.Policy.DefaultVersionId) == "":
		return v, role.Reason{}, fmt.Errorf("iam:GetPolicy %s: the answer has no default version", arn)
	}
	v = version{arn, aws.ToString(out.Policy.PolicyId), *out.Policy.DefaultVersionId}
	if awsfacts.IsAWSManagedPolicy(arn) {
		a.cache.putDefault(v, a.opts.Now())
	}
	return v, role.Reason{}, nil
}

// managedPolicy makes a part of a version of a managed policy.
func managedPolicy(v version, part role.Part, text role.Maybe[string]) role.Policy {
	p := role.Policy{Part: part, Text: text}
	if plain, ok := text.Get(); ok {
		kind := policy.Identity
		if part == role.PartBoundary {
			kind = policy.Boundary
		}
		p = role.NewPolicy(part, plain, kind)
	}
	p.ARN, p.Version = v.arn, v.version
	return p
}

// gathered are the account's own managed policies as one listing shows them.
type gathered map[string]types.ManagedPolicyDetail

// find gives a policy of the listing; false when the listing does not have its default version's document.
func (g gathered) find(arn string, part role.Part) (role.Policy, bool) {
	d, ok := g[arn]
	if !ok {
		return role.Policy{}, false
	}
	for _, pv := range d.PolicyVersionList {
		if pv.Document != nil && aws.ToString(pv.VersionId) == aws.ToString(d.DefaultVersionId) {
			v := version{arn, aws.ToString(d.PolicyId), aws.ToString(d.DefaultVersionId)}
			return managedPolicy(v, part, textOf(pv.Document)), true
		}
	}
	return role.Policy{}, false
}

// textOf is a document's text; unknown when IAM's answer has none that can be read.
func textOf(document *string) role.Maybe[string] {
	text, why := decode(aws.ToString(document))
	if why.Given() {
		return role.NotRead[string](why)
	}
	return role.Have(text)
}

// decode undoes the percent-encoding in which IAM answers with documents, and says why when that cannot be done.
func decode(document string) (text string, why role.Reason) {
	if document == "" {
		return "", role.Because("IAM's answer has no document")
	}
	text, err := policyfile.Decode(document)
	if err != nil {
		return "", role.Because("IAM's answer has a document that is not percent-encoded: " + err.Error())
	}
	return text, role.Reason{}
}
