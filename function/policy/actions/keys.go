package actions

import (
	"strings"
	"sync"
)

// KeyType is what values of a condition key are.
type KeyType int

// The types. AnyType is that of a key whose type is not documented, or not the same with all services.
const (
	AnyType KeyType = iota
	String
	ARN
	Bool
	Numeric
	Date
	IPAddress
	Binary
)

// String is the type's name in AWS's documentation.
func (t KeyType) String() string {
	return [...]string{"any", "String", "ARN", "Bool", "Numeric", "Date", "IPAddress", "Binary"}[t]
}

// ConditionKey is a condition key as the Service Authorization Reference and "AWS global condition context keys" in the IAM
// User Guide describe it.
type ConditionKey struct {
	// Name is its name there: of a family of keys the template, as "aws:RequestTag/${TagKey}".
	Name string
	Type KeyType
	// Multi is set where a request may carry several values.
	Multi bool
	// Always is set where every request carries the key.
	Always bool
}

// Key gives a condition key by its name in a policy, whatever the case of its letters, and false for one that is not known.
// A key of a family ("aws:RequestTag/team") is known by its template.
func Key(name string) (ConditionKey, bool) {
	name = strings.ToLower(name)
	keys := keysByName()
	if k, ok := keys[name]; ok {
		return k, true
	}
	if family, _, ok := strings.Cut(name, "/"); ok {
		k, ok := keys[family+"/"]
		return k, ok
	}
	if i := strings.LastIndexByte(name, ':'); i > 0 {
		k, ok := keys[name[:i+1]]
		return k, ok
	}
	return ConditionKey{}, false
}

// keysByName holds the keys in lower case, those of families up to where the template begins.
var keysByName = sync.OnceValue(func() map[string]ConditionKey {
	keys := map[string]ConditionKey{}
	for _, s := range load().services {
		for _, k := range s.Keys {
			kind, multi := keyType(k.Type)
			name := familyName(strings.ToLower(k.Name))
			before, known := keys[name]
			if known && before.Type != kind {
				kind = AnyType
			}
			keys[name] = ConditionKey{Name: k.Name, Type: kind, Multi: multi || before.Multi}
		}
	}
	for _, k := range globalKeys {
		keys[familyName(strings.ToLower(k.Name))] = k
	}
	return keys
})

// familyName cuts a template off: "${TagKey}" or "<key>".
func familyName(name string) string {
	if i := strings.IndexAny(name, "$<"); i > 0 {
		return name[:i]
	}
	return name
}

func keyType(text string) (kind KeyType, multi bool) {
	text, multi = strings.CutPrefix(text, "ArrayOf")
	types := map[string]KeyType{
		"String": String, "ARN": ARN, "Bool": Bool, "Numeric": Numeric, "Date": Date, "IPAddress": IPAddress, "Binary": Binary,
	}
	return types[text], multi
}

// globalKeys are the keys of "AWS global condition context keys" in the IAM User Guide, with what it says of their
// availability and value type. EpochTime works with date and numeric operators alike.
var globalKeys = []ConditionKey{
	{Name: "aws:CalledVia", Type: String, Multi: true},
	{Name: "aws:CalledViaFirst", Type: String},
	{Name: "aws:CalledViaLast", Type: String},
	{Name: "aws:ChatbotSourceArn", Type: ARN},
	{Name: "aws:CurrentTime", Type: Date, Always: true},
	{Name: "aws:Ec2InstanceSourcePrivateIPv4", Type: IPAddress},
	{Name: "aws:Ec2InstanceSourceVpc", Type: String},
	{Name: "aws:EpochTime", Always: true},
	{Name: "aws:FederatedProvider", Type: String},
	{Name: "aws:MultiFactorAuthAge", Type: Numeric},
	{Name: "aws:MultiFactorAuthPresent", Type: Bool},
	{Name: "aws:PrincipalAccount", Type: String},
	{Name: "aws:PrincipalArn", Type: ARN},
	{Name: "aws:PrincipalIsAWSService", Type: Bool},
	{Name: "aws:PrincipalOrgID", Type: String},
	{Name: "aws:PrincipalOrgPaths", Type: String, Multi: true},
	{Name: "aws:PrincipalServiceName", Type: String},
	{Name: "aws:PrincipalServiceNamesList", Type: String, Multi: true},
	{Name: "aws:PrincipalTag/${TagKey}", Type: String},
	{Name: "aws:PrincipalType", Type: String},
	{Name: "aws:RequestTag/${TagKey}", Type: String},
	{Name: "aws:RequestedRegion", Type: String, Always: true},
	{Name: "aws:ResourceAccount", Type: String},
	{Name: "aws:ResourceOrgID", Type: String},
	{Name: "aws:ResourceOrgPaths", Type: String, Multi: true},
	{Name: "aws:ResourceTag/${TagKey}", Type: String},
	{Name: "aws:SecureTransport", Type: Bool, Always: true},
	{Name: "aws:SourceAccount", Type: String},
	{Name: "aws:SourceArn", Type: ARN},
	{Name: "aws:SourceIdentity", Type: String},
	{Name: "aws:SourceIp", Type: IPAddress},
	{Name: "aws:SourceOrgID", Type: String},
	{Name: "aws:SourceOrgPaths", Type: String, Multi: true},
	{Name: "aws:SourceOwner", Type: String},
	{Name: "aws:SourceVpc", Type: String},
	{Name: "aws:SourceVpcArn", Type: ARN},
	{Name: "aws:SourceVpce", Type: String},
	{Name: "aws:TagKeys", Type: String, Multi: true},
	{Name: "aws:TokenIssueTime", Type: Date},
	{Name: "aws:UserAgent", Type: String, Always: true},
	{Name: "aws:ViaAWSService", Type: Bool, Always: true},
	{Name: "aws:VpcSourceIp", Type: IPAddress},
	{Name: "aws:VpceAccount", Type: String},
	{Name: "aws:VpceOrgID", Type: String},
	{Name: "aws:VpceOrgPaths", Type: String, Multi: true},
	{Name: "aws:referer", Type: String},
	{Name: "aws:userid", Type: String},
	{Name: "aws:username", Type: String},
}
