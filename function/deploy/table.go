package deploy

// The attributes of the table that are keys.
const (
	PartitionKey = "pk"
	SortKey      = "sk"
)

// ExpiresKey is the attribute that holds when an item expires, in seconds since 1970: DynamoDB deletes the item within days
// after that. An item without it stays.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/howitworks-ttl.html
const ExpiresKey = "expires"

// RoleIndexKey is the partition key of each global secondary index of the table: the key of the role that a function version
// uses, or a word for a list. The sort key is PartitionKey.
const RoleIndexKey = "role"

// Projection is the attributes that an index holds, in the terms of DynamoDB.
type Projection string

// The projections.
const (
	KeysOnly Projection = "KEYS_ONLY"
	All      Projection = "ALL"
)

// Index is a global secondary index of the table.
type Index struct {
	Name       string
	Projection Projection
}

// KeysIndex is the index that the function reads: what its keys lead to is read from the table, consistently. FormerIndex is
// that of the releases before, which holds more than is read. DynamoDB cannot change the projection of an index, so there are
// two: the function reads FormerIndex while KeysIndex is not there or not whole yet, and a later release removes FormerIndex.
// https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/GSI.OnlineOps.html
var (
	KeysIndex   = Index{"role-keys", KeysOnly}
	FormerIndex = Index{"role", All}
)

// Indexes are the indexes of the table, in the order of the template. An update of the stack adds or removes one at most:
// CloudFormation refuses more.
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-dynamodb-table.html
func Indexes() []Index { return []Index{FormerIndex, KeysIndex} }

// The beginnings of the partition keys of what the command function writes, and the word under which the index has the roles with acts.
// Its role may write nothing else.
const (
	ActsPrefix  = "ACT#"
	CallsPrefix = "CALL#"
	ActedRoles  = "ACTED"
)

// What the command function reads of the table: the partition keys of states, and the word under which the index has roles with findings.
const (
	StatesPrefix = "ROLE#"
	OpenRoles    = "OPEN"
)

// HubPrefix begins the partition keys of what a hub keeps: HubDirectory is the name of the accounts of its organization.
const (
	HubPrefix    = "HUB#"
	HubDirectory = "directory"
)

// Word is the word of a list in the index: that of the account of a hub, and of a deployment that has one account, is the word itself, and
// that of a member of an organization has its account.
func Word(word, member string) string {
	if member == "" {
		return word
	}
	return word + "#" + member
}
