/** Names of types in SQL, as of CAST. */
import { asciiLower } from "../../encode/ascii";
import {
  TYPE_BLOB,
  TYPE_BOOLEAN,
  TYPE_DATE,
  TYPE_DATETIME,
  TYPE_DECIMAL,
  TYPE_INT16,
  TYPE_INT32,
  TYPE_INT64,
  TYPE_INT8,
  TYPE_JSON,
  TYPE_TEXT,
  TYPE_UINT16,
  TYPE_UINT32,
  TYPE_UINT64,
  TYPE_UINT8,
  TYPE_UUID,
} from "../../encode/data-type";

/** A type's names, with commas around them; numbers in parentheses behind a name say nothing that is kept. */
class Names {
  constructor(
    readonly type: u8,
    readonly names: string,
  ) {}
}

const TYPES: Array<Names> = [
  new Names(TYPE_INT64, ",integer,bigint,int,int8,int64,long,big int,signed,serial,bigserial,"),
  new Names(TYPE_INT32, ",int4,int32,mediumint,"),
  new Names(TYPE_INT16, ",smallint,int2,int16,smallserial,"),
  new Names(TYPE_INT8, ",tinyint,"),
  new Names(TYPE_UINT64, ",uint64,unsigned,unsigned bigint,unsigned big int,unsigned integer,"),
  new Names(TYPE_UINT32, ",uint32,unsigned int,"),
  new Names(TYPE_UINT16, ",uint16,unsigned smallint,"),
  new Names(TYPE_UINT8, ",uint8,unsigned tinyint,"),
  new Names(TYPE_DECIMAL, ",decimal,numeric,dec,money,real,float,double,double precision,float4,float8,number,"),
  new Names(TYPE_BOOLEAN, ",boolean,bool,"),
  new Names(
    TYPE_TEXT,
    ",text,varchar,char,character,clob,string,nvarchar,nchar,character varying,varying character,native character,",
  ),
  new Names(TYPE_TEXT, ",tinytext,mediumtext,longtext,time,timetz,time without time zone,"),
  new Names(TYPE_BLOB, ",blob,bytea,binary,varbinary,tinyblob,mediumblob,longblob,"),
  new Names(TYPE_DATE, ",date,"),
  new Names(TYPE_DATETIME, ",datetime,timestamp,timestamptz,timestamp without time zone,"),
  new Names(TYPE_UUID, ",uuid,"),
  new Names(TYPE_JSON, ",json,jsonb,"),
];

/** The column type called `name` in SQL, in any case; 0 for none. INT8 is PostgreSQL's, of 64 bits. */
export function typeOfSql(name: string): u8 {
  const wanted = "," + asciiLower(name) + ",";
  for (let t = 0; t < TYPES.length; t++) {
    if (TYPES[t].names.includes(wanted)) return TYPES[t].type;
  }
  return 0;
}

/** What a column type is called in SQL, in small letters; "" for a custom one. */
export function sqlNameOfType(type: u8): string {
  for (let t = 0; t < TYPES.length; t++) if (TYPES[t].type == type) return TYPES[t].names.split(",")[1];
  return "";
}
