package events

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/rolewatch/rolewatch/function/aws"
)

// harmless are the calls that name a role or a function and change nothing that a check reads; those whose names begin with a word
// of reads are harmless, too. Which calls there are is in the API references, read on 2026-11-28.
var harmless = map[key]bool{
	{sourceIAM, "AddRoleToInstanceProfile"}: true, {sourceIAM, "RemoveRoleFromInstanceProfile"}: true, {sourceIAM, "PassRole"}: true,
	{sourceLambda, "Invoke"}: true, {sourceLambda, "InvokeAsync"}: true, {sourceLambda, "InvokeWithResponseStream"}: true, {sourceLambda, "InvokeFunction"}: true,
	{sourceLambda, "PutFunctionConcurrency"}: true, {sourceLambda, "DeleteFunctionConcurrency"}: true,
	{sourceLambda, "PutProvisionedConcurrencyConfig"}: true, {sourceLambda, "DeleteProvisionedConcurrencyConfig"}: true,
	{sourceLambda, "PutFunctionCodeSigningConfig"}: true, {sourceLambda, "DeleteFunctionCodeSigningConfig"}: true,
	{sourceLambda, "PutFunctionRecursionConfig"}: true, {sourceLambda, "PutFunctionScalingConfig"}: true,
	{sourceLambda, "CheckpointDurableExecution"}: true, {sourceLambda, "StopDurableExecution"}: true,
	{sourceLambda, "SendDurableExecutionCallbackSuccess"}: true, {sourceLambda, "SendDurableExecutionCallbackFailure"}: true,
	{sourceLambda, "SendDurableExecutionCallbackHeartbeat"}: true,
}

var reads = []string{"Get", "List", "Describe", "Simulate", "Generate"}

// MayTouch reports whether a record that has no row in the catalogue may be of a call that changes a role or a function. It goes by
// the record's eventSource and eventName alone.
func MayTouch(source, eventName string) bool {
	if source != sourceIAM && source != sourceLambda {
		return false
	}
	if source == sourceLambda {
		eventName = aws.LambdaCall(eventName)
	}
	for _, word := range reads {
		if strings.HasPrefix(eventName, word) {
			return false
		}
	}
	return !harmless[key{source, eventName}]
}

// unreadRecord is a record as far as it is read where it is not understood: each field by itself, so that one that has another form
// than CloudTrail's leaves the others readable.
type unreadRecord map[string]jsontext.Value

func (r unreadRecord) text(name string) string {
	s, _ := text(r[name])
	return s
}

func (r unreadRecord) inside(name string) unreadRecord {
	var out unreadRecord
	if json.Unmarshal(r[name], &out) != nil {
		return nil
	}
	return out
}

// ParseUnread reads what a record names that has no row in the catalogue, or that is malformed; why says which. A record of a row that
// names nothing is Omitted. It is false for a record of a call that failed, or that only reads, for one that has no time, and for one
// that has no row and names neither a role nor a function.
func ParseUnread(body []byte, why string) (*Change, bool) {
	var r unreadRecord
	if json.Unmarshal(body, &r, jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) != nil {
		return nil, false
	}
	if detail := r.inside("detail"); detail != nil && r["eventSource"] == nil {
		r = detail
	}
	c := &Change{ID: r.text("eventID"), Name: r.text("eventName"), Region: r.text("awsRegion"), Account: r.text("recipientAccountId"), Unread: why}
	row, listed := Lookup(r.text("eventSource"), c.Name)
	if c.Event = row; !listed {
		c.Event = Event{Source: r.text("eventSource"), Name: c.Name}
	}
	at, err := time.Parse(time.RFC3339, r.text("eventTime"))
	category := r.text("eventCategory")
	if err != nil || r.text("errorCode") != "" || string(r["readOnly"]) == "true" || category != "" && category != "Management" || !MayTouch(c.Event.Source, c.Name) {
		return nil, false
	}
	c.Time = at.UTC().Truncate(time.Second)
	if c.Account == "" {
		c.Account = r.inside("userIdentity").text("accountId")
	}
	c.Partition = aws.PartitionOfRegion(c.Region).Name
	request, response := r.inside("requestParameters"), r.inside("responseElements")
	made := response.inside("role")
	if role, ok := roleFromARN(first(made.text("arn"), request.text("roleArn"), request.text("role"), response.text("roleArn"))); ok {
		c.Role = role
	} else {
		c.Role.Name = first(made.text("roleName"), request.text("roleName"))
	}
	c.Function = functionNamed(c, first(response.text("functionArn"), request.text("functionArn"), request.text("resourceArn"), request.text("functionName"), request.text("resource")))
	if c.Event.Subject == SubjectProvider {
		c.Provider, c.Role = unreadProvider(c, request, response)
	}
	policy := response.inside("policy")
	if c.Event.Subject == SubjectPolicy {
		c.Policy.ARN = first(policy.text("arn"), request.text("policyArn"))
	}
	c.Omitted = c.Role.IsZero() && c.Function.IsZero() && c.Policy.ARN == "" && c.Provider.ARN == ""
	return c, listed || !c.Omitted
}

// functionNamed is the function of a name or an ARN; the zero value where a text is neither, or the account or Region is missing.
func functionNamed(c *Change, name string) FunctionRef {
	f, ok := aws.ParseFunctionName(name)
	f.Partition, f.Region, f.Account = first(f.Partition, c.Partition), first(f.Region, c.Region), first(f.Account, c.Account)
	if !ok || c.Event.Source != sourceLambda || f.Region == "" || f.Account == "" {
		return FunctionRef{}
	}
	return FunctionRef{Name: f.Name, ARN: f.ARN(), Qualifier: f.Qualifier}
}

// unreadProvider is the capacity provider that a record names which is not understood, and its operator role where the record tells.
func unreadProvider(c *Change, request, response unreadRecord) (ProviderRef, RoleRef) {
	made := response.inside("capacityProvider")
	ref := ProviderRef{ARN: providerNamed(c, first(made.text("capacityProviderArn"), request.text("capacityProviderName")))}
	const operator = "capacityProviderOperatorRoleArn"
	role, _ := roleFromARN(first(made.inside("permissionsConfig").text(operator), request.inside("permissionsConfig").text(operator)))
	ref.Role = role.ARN
	return ref, role
}
